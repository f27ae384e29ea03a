import { formatDuration, formatPercent, formatRate } from '../../format/number.ts'
import type { Red } from '../../services/questions.ts'
import type { ServiceRow } from '../../services/service-rows.ts'

/** Services that are not as in the time they are compared with, and those that are; each in the order of the rows. */
export function splitCompared(rows: readonly ServiceRow[]): { changed: ServiceRow[]; same: ServiceRow[] } {
  const services = rows.filter(({ type }) => type === 'service')
  return { changed: services.filter((row) => !isSame(row)), same: services.filter(isSame) }
}

/** As before, or with nothing to compare: what was there and serves nothing now is a change. */
function isSame({ judgement, now, before }: ServiceRow): boolean {
  return judgement === 'usual' || (judgement === 'none' && (now.requests > 0 || before === null))
}

/** `p95 2 s, was 182 ms · errors 5 %, was 0 % · 40 /s, was 41 /s`. */
export function comparedWords({ now, before }: Pick<ServiceRow, 'now' | 'before'>): string {
  const figures: readonly (readonly [name: string, figure: (red: Red) => string])[] = [
    ['p95 ', ({ p95 }) => formatDuration(p95)],
    ['errors ', ({ errors }) => formatPercent(errors)],
    ['', ({ rate }) => formatRate(rate)],
  ]
  return figures
    .map(([name, figure]) => `${name}${figure(now)}${before === null ? '' : `, was ${figure(before)}`}`)
    .join(' · ')
}
