/** One row of the table. */
export interface Figure {
  readonly name: string
  readonly target: string
  readonly measured: string
  readonly isReached: boolean
}

/** `a` below or at `most`, in words. */
export function figure(
  name: string,
  { most, unit, values }: { most: number; unit: string; values: readonly number[] },
): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const [median, worst] = [quantile(sorted, 0.5), quantile(sorted, 0.95)]
  const round = (value: number) => (value >= 10 ? String(Math.round(value)) : value.toFixed(1))
  return {
    name,
    target: `≤ ${most} ${unit}`,
    measured: values.length === 1 ? `${round(median)} ${unit}` : `${round(median)} ${unit}, p95 ${round(worst)}`,
    isReached: median <= most,
  }
}

/** Of values in ascending order. */
export function quantile(sorted: readonly number[], level: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * level))] ?? Number.NaN
}

export function printFigures(figures: readonly Figure[]): void {
  console.log('\n| what | target | measured | |\n|---|---|---|---|')
  for (const { name, target, measured, isReached } of figures)
    console.log(`| ${name} | ${target} | ${measured} | ${isReached ? '' : '**not reached**'} |`)
}
