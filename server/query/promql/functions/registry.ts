import { absent, absentOverTime } from './absent.ts'
import { calendarFunctions } from './calendar.ts'
import { changes, resets } from './changes-and-resets.ts'
import { clamp } from './clamp.ts'
import { delta } from './delta.ts'
import { doubleExponentialSmoothing } from './double-exponential-smoothing.ts'
import type { PromqlFunction } from './function.ts'
import { histogramPartFunctions } from './histogram-parts.ts'
import { histogramFraction, histogramQuantile } from './histogram-quantile.ts'
import { histogramQuantiles } from './histogram-quantiles.ts'
import { idelta } from './idelta.ts'
import { increase } from './increase.ts'
import { info } from './info.ts'
import { integral } from './integral.ts'
import { irate } from './irate.ts'
import { labelJoin, labelReplace } from './label-replace.ts'
import { overTimeFunctions } from './over-time.ts'
import { pointwiseFunctions } from './pointwise.ts'
import { rate } from './rate.ts'
import { deriv, predictLinear } from './regression.ts'
import { pi, questionFunctions, scalar, time, timestamp, twoScalarFunctions, vector } from './scalars.ts'
import { sortFunctions } from './sort.ts'

/** Every PromQL function; the list is the whole registration. */
export const functions: readonly PromqlFunction[] = [
  ...pointwiseFunctions,
  ...overTimeFunctions,
  ...calendarFunctions,
  ...histogramPartFunctions,
  ...questionFunctions,
  ...sortFunctions,
  ...twoScalarFunctions,
  absent,
  absentOverTime,
  changes,
  clamp,
  delta,
  deriv,
  doubleExponentialSmoothing,
  histogramFraction,
  histogramQuantile,
  histogramQuantiles,
  idelta,
  increase,
  info,
  integral,
  irate,
  labelJoin,
  labelReplace,
  pi,
  predictLinear,
  rate,
  resets,
  scalar,
  time,
  timestamp,
  vector,
]

const byName = new Map(functions.map((one) => [one.name, one]))

export function findFunction(name: string): PromqlFunction | undefined {
  return byName.get(name)
}
