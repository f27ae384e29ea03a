const finestSchema = 8

/**
 * The float below the one nearest to 2^0.5: with it the table below has, bit for bit, the bounds that Prometheus has, which
 * are not the nearest floats either.
 */
const firstFactor = Math.SQRT2 - Number.EPSILON

/** By schema from 0 on: the bounds in [0.5, 1). Each schema keeps those of the one before and puts one after each. */
const fractions = fractionTables()

function fractionTables(): readonly Float64Array[] {
  const tables = [Float64Array.of(0.5)]
  for (let schema = 1; schema <= finestSchema; schema += 1) {
    const coarser = tables[schema - 1]
    const factor = schema === 1 ? firstFactor : 2 ** (2 ** -schema)
    const table = new Float64Array(2 ** schema)
    coarser.forEach((bound, i) => {
      table[2 * i] = bound
      table[2 * i + 1] = bound * factor
    })
    tables.push(table)
  }
  return tables
}

/**
 * Upper bound of an exponential bucket, schema -4 to 8. The bucket above the largest finite bound ends at the largest
 * float, so that only +Inf lies beyond it. Source: Prometheus native histogram specification, its values bit for bit.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) {
    const exponent = index * 2 ** -schema
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent
  }
  const fraction = fractions[schema][index & (2 ** schema - 1)]
  const exponent = index >> schema
  // Twice the fraction, as 2^1024 is no number.
  return exponent === 1024 && fraction === 0.5 ? Number.MAX_VALUE : 2 * fraction * 2 ** exponent
}
