import type { ServiceStateAnswer } from '../../../contract/index.ts'

const ranks = { bad: 0, watch: 1, new: 2, mended: 3, none: 4, usual: 5 } as const

/** Worst first; of equal ones the one whose users wait longest against its usual, then the busiest. */
export function worstFirst(services: readonly ServiceStateAnswer[]): ServiceStateAnswer[] {
  return services.toSorted(
    (one, other) =>
      ranks[one.judgement] - ranks[other.judgement] ||
      distance(other) - distance(one) ||
      (other.now?.request_count ?? 0) - (one.now?.request_count ?? 0) ||
      one.service.localeCompare(other.service),
  )
}

function distance({ judgement, claim }: ServiceStateAnswer): number {
  if (judgement === 'usual' || claim === null || claim.value === null || claim.usual === null) return 0
  return claim.usual <= 0 ? claim.value : claim.value / claim.usual
}
