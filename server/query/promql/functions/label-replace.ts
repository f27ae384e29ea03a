import { RE2JS } from 're2js'
import { goQuote } from '../go-quote.ts'
import { EvaluationError, type Value, type VectorSeries } from '../value.ts'
import type { CallContext, ValueFunction } from './function.ts'

function text(value: Value): string {
  return value.type === 'string' ? value.value : ''
}

function requireLabelName({ evaluation }: CallContext, name: string, role: string): void {
  if (!evaluation.isLabelName(name))
    throw new EvaluationError(
      `invalid ${role} label name in ${role === 'source' ? 'label_join' : 'label_replace'}(): ${goQuote(name)}`,
    )
}

/** New labels per series; a written `__name__` is meant to stay. */
function relabel(
  value: Value,
  { evaluation }: CallContext,
  change: { name: string; of: (series: VectorSeries) => string | null },
): Value {
  if (value.type !== 'vector') return value
  const series = value.series.map((one) => {
    const written = change.of(one)
    if (written === null) return one
    const labels = one.labels.with(new Map([[change.name, written]]))
    return one.relabelled(labels, change.name === '__name__' ? false : one.dropName)
  })
  return { type: 'vector', series: evaluation.unique(series) }
}

/** `label_replace(v, "dst", "$1", "src", "regex")`: writes `dst` from what the anchored regex finds in `src`. */
export const labelReplace: ValueFunction = {
  kind: 'value',
  name: 'label_replace',
  args: ['vector', 'string', 'string', 'string', 'string'],
  returns: 'vector',
  summary: 'Writes a label from what a regular expression finds in another label.',
  evaluate([vector, ...rest], call) {
    const [name, replacement, source, pattern] = rest.map(text)
    requireLabelName(call, name, 'destination')
    const regex = compile(pattern)
    return relabel(vector, call, {
      name,
      of: ({ labels }) => {
        const matcher = regex.matcher(labels.get(source))
        return matcher.matches() ? expand(replacement, matcher) : null
      },
    })
  },
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(`^(?s:${pattern})$`)
  } catch {
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`)
  }
}

/** `$1`, `${1}`, `$name`, `${name}`, `$$`; an unknown group is empty. */
function expand(template: string, matcher: ReturnType<RE2JS['matcher']>): string {
  return template.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_all, dollar: string | undefined, bare: string | undefined, braced: string | undefined) => {
      if (dollar !== undefined) return '$'
      const group = bare ?? braced ?? ''
      try {
        return matcher.group(/^\d+$/.test(group) ? Number(group) : group) ?? ''
      } catch {
        return ''
      }
    },
  )
}

/** `label_join(v, "dst", "sep", "src", …)`: writes `dst` from the values of other labels. */
export const labelJoin: ValueFunction = {
  kind: 'value',
  name: 'label_join',
  args: ['vector', 'string', 'string', 'string'],
  optional: 1,
  repeatsLast: true,
  returns: 'vector',
  summary: 'Writes a label from the values of other labels, joined.',
  evaluate([vector, ...rest], call) {
    const [name, separator, ...sources] = rest.map(text)
    for (const source of sources) requireLabelName(call, source, 'source')
    if (!call.evaluation.isLabelName(name))
      throw new EvaluationError(`invalid destination label name in label_join(): ${goQuote(name)}`)
    return relabel(vector, call, {
      name,
      of: ({ labels }) => sources.map((source) => labels.get(source)).join(separator),
    })
  },
}
