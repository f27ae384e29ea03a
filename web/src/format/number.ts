/**
 * Numbers as people read them: at most three significant digits, thin grouping up to 99,999, then `146 k`.
 * Units scale as one; the unit is part of the text. A missing value is an en dash.
 */

const missing = '–'

/** `41,200`, `146 k`, `1.2 M`, `0.03`. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing
  const sign = value < 0 ? '−' : ''
  const size = Math.abs(value)
  if (size < 100) return sign + significant(size)
  if (Math.round(size) < 100_000) return sign + grouped(Math.round(size))
  return sign + scaled(size, 1000, ['', ' k', ' M', ' G', ' T', ' P'])
}

/** Whole rows, never shortened: for ledgers, where every row counts. */
export function formatRows(value: number): string {
  return grouped(Math.round(value))
}

/** From milliseconds: `0.4 ms`, `310 ms`, `2.5 s`, `3 min`, `2.5 h`, `6 d`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return missing
  const sign = ms < 0 ? '−' : ''
  const size = Math.abs(ms)
  if (size === 0) return '0 ms'
  if (size < 0.0995) return `${sign}${significant(size * 1000)} µs`
  if (size < 999.5) return `${sign}${significant(size)} ms`
  if (size < 59_950) return `${sign}${significant(size / 1000)} s`
  if (size < 3_597_000) return `${sign}${significant(size / 60_000)} min`
  if (size < 86_220_000) return `${sign}${significant(size / 3_600_000)} h`
  return `${sign}${grouped(Number(significant(size / 86_400_000)))} d`
}

/** Binary: `412 MiB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return missing
  const sign = bytes < 0 ? '−' : ''
  return sign + scaled(Math.abs(bytes), 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB'])
}

/** Bits a second, decimal: `2.5 Mbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  return `${scaled(bitsPerSecond, 1000, [' ', ' k', ' M', ' G', ' T'])}bit/s`
}

/** Bytes a second, binary: `1.5 MiB/s`. */
function formatByteRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** `40.8 /s`. */
export function formatRate(perSecond: number | null | undefined): string {
  const text = formatCount(perSecond)
  return text === missing ? text : `${text} /s`
}

/** From a ratio (0 to 1): `1.94 %`. */
export function formatPercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return missing
  return `${formatCount(ratio * 100)} %`
}

/** Relative distance from the usual within which a value counts as usual. */
const usualTolerance = 0.25

/** Against the usual: `≈` within it, `× 11`, `× 0.4`, `new` where there was nothing, `–` where nothing can be said. */
export function formatAgainstUsual(value: number | null, usual: number | null): string {
  if (value === null || usual === null || !Number.isFinite(value) || !Number.isFinite(usual)) return missing
  if (usual <= 0) return value <= 0 ? '≈' : 'new'
  const times = value / usual
  if (Math.abs(times - 1) <= usualTolerance) return '≈'
  return `× ${formatCount(times)}`
}

/** Units that a chart or cell may carry. */
export type Unit = 'count' | 'rate' | 'ms' | 'bytes' | 'byterate' | 'bits' | 'percent'

const byUnit: Readonly<Record<Unit, (value: number) => string>> = {
  count: formatCount,
  rate: formatRate,
  ms: formatDuration,
  bytes: formatBytes,
  byterate: formatByteRate,
  bits: formatBitRate,
  percent: formatPercent,
}

export function formatUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing
  return byUnit[unit](value)
}

/** At most three significant digits, without a power of ten and without needless zeros. */
function significant(size: number): string {
  if (size === 0) return '0'
  if (size >= 99.95) return String(Math.round(size))
  const digits = size >= 1 ? Number(size.toPrecision(3)) : Number(size.toPrecision(2))
  if (digits < 0.0001) return '< 0.0001'
  return String(digits)
}

function scaled(size: number, step: number, names: readonly string[]): string {
  let rest = size
  let power = 0
  while (power < names.length - 1 && Number(significantNumber(rest)) >= step) {
    rest /= step
    power += 1
  }
  const text = rest >= 1000 ? grouped(Math.round(rest)) : significant(rest)
  return text + names[power]
}

function significantNumber(size: number): number {
  return size >= 99.95 ? Math.round(size) : size
}

function grouped(whole: number): string {
  return whole.toLocaleString('en-US', { maximumFractionDigits: 2 })
}
