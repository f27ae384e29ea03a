/** Points of a sparkline at most; more are averaged in runs. */
const mostPoints = 60

interface SparklineProps {
  /** In order of time; null where nothing was. */
  readonly values: readonly (number | null)[]
  readonly tone?: 'plain' | 'bad' | 'watch'
  readonly width?: number
  readonly height?: number
}

const colours = {
  plain: ['var(--text-3)', 'var(--surface-3)'],
  bad: ['var(--err-fill)', 'var(--err-weak)'],
  watch: ['var(--warn-fill)', 'var(--warn-weak)'],
} as const

/** A course without axes, from zero; beside a number that says it in words. */
export function Sparkline({ values, tone = 'plain', width = 64, height = 18 }: SparklineProps) {
  const points = thin(values)
  const highest = Math.max(...points.map((value) => value ?? 0), 0) || 1
  const xOf = (at: number) => (points.length < 2 ? 0 : (at / (points.length - 1)) * width)
  const yOf = (value: number) => 1.5 + (1 - value / highest) * (height - 3)
  const runs = runsOf(points)
  const [stroke, fill] = colours[tone]
  const line = (run: readonly [number, number][]) =>
    run.map(([at, value]) => `${round(xOf(at))} ${round(yOf(value))}`).join('L')
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {runs.map((run) => (
        <g key={run[0][0]}>
          <path
            d={`M${round(xOf(run[0][0]))} ${height}L${line(run)}L${round(xOf(run[run.length - 1][0]))} ${height}Z`}
            fill={fill}
          />
          <path d={`M${line(run)}`} fill="none" stroke={stroke} strokeWidth="1.2" strokeLinejoin="round" />
        </g>
      ))}
    </svg>
  )
}

function thin(values: readonly (number | null)[]): (number | null)[] {
  if (values.length <= mostPoints) return [...values]
  return Array.from({ length: mostPoints }, (_, at) => {
    const from = Math.floor((at * values.length) / mostPoints)
    const to = Math.max(from + 1, Math.floor(((at + 1) * values.length) / mostPoints))
    const known = values.slice(from, to).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
  })
}

/** Stretches without a gap, each as [position, value]. */
function runsOf(points: readonly (number | null)[]): [number, number][][] {
  const runs: [number, number][][] = []
  let open: [number, number][] | null = null
  points.forEach((value, at) => {
    if (value === null) open = null
    else if (open !== null) open.push([at, value])
    else {
      open = [[at, value]]
      runs.push(open)
    }
  })
  return runs
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
