import type { PointwiseFunction } from './function.ts'

type Maths = (value: number, parameters: readonly number[]) => number

function pointwise(name: string, summary: string, apply: Maths): PointwiseFunction {
  return { kind: 'pointwise', name, args: ['vector'], returns: 'vector', summary, apply }
}

function withScalars(
  name: string,
  scalars: { count: number; optional?: number },
  rest: { summary: string; apply: Maths },
): PointwiseFunction {
  const args = ['vector' as const, ...Array.from({ length: scalars.count }, () => 'scalar' as const)]
  return { kind: 'pointwise', name, args, optional: scalars.optional ?? 0, returns: 'vector', ...rest }
}

/** Functions of one value: one line each. */
export const pointwiseFunctions: readonly PointwiseFunction[] = [
  pointwise('abs', 'Absolute value.', Math.abs),
  pointwise('ceil', 'Rounds up to the nearest integer.', Math.ceil),
  pointwise('floor', 'Rounds down to the nearest integer.', Math.floor),
  pointwise('exp', 'The number e to the power of the value.', Math.exp),
  pointwise('ln', 'Natural logarithm.', Math.log),
  pointwise('log2', 'Logarithm to base 2.', Math.log2),
  pointwise('log10', 'Logarithm to base 10.', Math.log10),
  pointwise('sqrt', 'Square root.', Math.sqrt),
  pointwise('sgn', 'Sign: 1, 0 or -1.', Math.sign),
  pointwise('sin', 'Sine of radians.', Math.sin),
  pointwise('cos', 'Cosine of radians.', Math.cos),
  pointwise('tan', 'Tangent of radians.', Math.tan),
  pointwise('asin', 'Arcsine in radians.', Math.asin),
  pointwise('acos', 'Arccosine in radians.', Math.acos),
  pointwise('atan', 'Arctangent in radians.', Math.atan),
  pointwise('sinh', 'Hyperbolic sine.', Math.sinh),
  pointwise('cosh', 'Hyperbolic cosine.', Math.cosh),
  pointwise('tanh', 'Hyperbolic tangent.', Math.tanh),
  pointwise('asinh', 'Inverse hyperbolic sine.', Math.asinh),
  pointwise('acosh', 'Inverse hyperbolic cosine.', Math.acosh),
  pointwise('atanh', 'Inverse hyperbolic tangent.', Math.atanh),
  pointwise('deg', 'Degrees from radians.', (value) => value * (180 / Math.PI)),
  pointwise('rad', 'Radians from degrees.', (value) => value * (Math.PI / 180)),
  withScalars(
    'clamp_min',
    { count: 1 },
    { summary: 'Raises values to at least the minimum.', apply: (value, [least]) => maximum(value, least) },
  ),
  withScalars(
    'clamp_max',
    { count: 1 },
    { summary: 'Lowers values to at most the maximum.', apply: (value, [most]) => minimum(value, most) },
  ),
  withScalars(
    'round',
    { count: 1, optional: 1 },
    { summary: 'Rounds to the nearest multiple, halves up.', apply: (value, [to = 1]) => round(value, to) },
  ),
]

function round(value: number, to: number): number {
  // Multiplying with the inverse keeps 0.1-steps exact.
  const inverse = 1 / to
  return Math.floor(value * inverse + 0.5) / inverse
}

function maximum(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b)
}

function minimum(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.min(a, b)
}
