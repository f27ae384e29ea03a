/** A sample value as Prometheus writes it in answers: shortest decimal that reads back equal, no exponent; `NaN`, `+Inf`, `-Inf`. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (parts === null) return text
  const [, sign, first, rest = '', exponentText] = parts
  const digits = first + rest
  const exponent = Number(exponentText)
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits}${'0'.repeat(exponent - rest.length)}`
}

/**
 * Numbers in messages as Go's %g shows them: with an exponent of two digits or more below 1e-4, and from ten to the power
 * of `digits` on.
 */
export function formatGo(value: number, digits = 6): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const size = Math.abs(value)
  if (!(size >= 10 ** digits || (size < 1e-4 && size > 0))) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Numbers in labels as OpenMetrics writes them: integers with `.0`. */
export function formatOpenMetrics(value: number): string {
  const text = formatGo(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
