import fc from 'fast-check'

/** For tests: queries that are right in grammar and types, over series `m0` … with the labels `job` and `pod`. */

const selector = fc
  .record({
    name: fc.constantFrom('m0', 'm1', 'm2'),
    matchers: fc.subarray(['job="a"', 'job!="b"', 'pod=~"1|2"', 'pod!~"3.*"', 'gone=""']),
    offset: fc.constantFrom('', '', '', ' offset 1m', ' offset -30s', ' @ end()', ' @ start()'),
  })
  .map(({ name, matchers, offset }) => ({
    instant: `${name}{${matchers.join(',')}}${offset}`,
    range: (range: string) => `${name}{${matchers.join(',')}}[${range}]${offset}`,
  }))

const range = fc.constantFrom('45s', '2m', '5m', '17m')

const windowed = fc
  .tuple(
    fc.constantFrom(
      ...['rate', 'increase', 'irate', 'delta', 'idelta', 'resets', 'changes', 'deriv', 'sum_over_time'],
      ...['avg_over_time', 'min_over_time', 'max_over_time', 'count_over_time', 'last_over_time', 'stddev_over_time'],
      ...['present_over_time', 'absent_over_time', 'ts_of_max_over_time', 'mad_over_time', 'first_over_time'],
    ),
    selector,
    range,
  )
  .map(([name, { range: of }, span]) => `${name}(${of(span)})`)

const quantiled = fc
  .tuple(fc.constantFrom('0.5', '0.9', '-1', '1'), selector, range)
  .map(([level, { range: of }, span]) => `quantile_over_time(${level}, ${of(span)})`)

const leaf = fc.oneof(
  { weight: 3, arbitrary: selector.map(({ instant }) => instant) },
  { weight: 4, arbitrary: windowed },
  { weight: 1, arbitrary: quantiled },
)

const grouping = fc.constantFrom('', ' by (job)', ' by (job, pod)', ' without (pod)', ' by ()', ' without (gone)')

/** Text of a vector expression. */
export const vectorQueries: fc.Arbitrary<string> = fc.letrec<{ vector: string }>((tie) => ({
  vector: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'), grouping, tie('vector'))
      .map(([name, by, inner]) => `${name}${by} (${inner})`),
    fc
      .tuple(
        fc.constantFrom('topk(2, ', 'bottomk(1, ', 'quantile(0.7, ', 'limitk(2, ', 'count_values("v", '),
        tie('vector'),
      )
      .map(([start, inner]) => `${start}${inner})`),
    fc
      .tuple(fc.constantFrom('abs', 'ceil', 'sqrt', 'sgn', 'timestamp', 'sort', 'absent', 'exp', 'ln'), tie('vector'))
      .map(([name, inner]) => `${name}(${inner})`),
    fc
      .tuple(tie('vector'), fc.constantFrom('+', '*', '/', '>', '<= bool', 'and', 'or', 'unless'), tie('vector'))
      .map(([left, operator, right]) => `(${left}) ${operator} on (job, pod) group(${right}) by (job, pod)`)
      .map((text) => text.replace(/group\((.*)\) by \(job, pod\)$/s, 'max by (job, pod) ($1)'))
      .map((text) => text.replace(/^\((.*)\) (\+|\*|\/|>|<= bool) on/s, '(min by (job, pod) ($1)) $2 on')),
    fc
      .tuple(tie('vector'), fc.constantFrom('+ 1', '* 2', '% 7', '> 3', '== bool 1', '^ 2'))
      .map(([left, right]) => `(${left}) ${right}`),
    fc
      .tuple(fc.constantFrom('max_over_time', 'rate', 'avg_over_time', 'count_over_time'), tie('vector'))
      .map(([name, inner]) => `${name}((${inner})[3m:30s])`),
  ),
})).vector
