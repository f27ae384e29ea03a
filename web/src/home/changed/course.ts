import type { ChangeAnswer, ChangesAnswer, ServiceStateAnswer } from '../../../../contract/index.ts'
import type { Unit } from '../../format/number.ts'

export type Story = ChangesAnswer['stories'][number]

/** The course that shows a change: what is drawn, in which unit, and what is usual. */
export interface Course {
  readonly words: string
  readonly unit: Unit
  readonly values: readonly (number | null)[]
  readonly usual: number | null
}

/** The course that shows a change of that kind; null where the service served no request. */
export function courseOf(
  kind: ChangeAnswer['kind'],
  state: Pick<ServiceStateAnswer, 'p95' | 'errors' | 'requests' | 'usual'>,
): Course | null {
  const { p95, errors, requests, usual } = state
  if (requests.length === 0) return null
  if (kind === 'latency')
    return {
      ...{ words: 'p95', unit: 'ms', usual: usual === null ? null : usual.p95 / 1000 },
      values: p95.map((us) => (us === null ? null : us / 1000)),
    }
  if (kind === 'errors') return { words: 'errors', unit: 'percent', values: errors, usual: usual?.error_rate ?? null }
  return { words: 'requests', unit: 'rate', values: requests, usual: usual?.request_rate ?? null }
}
