import type { FastifyError } from 'fastify'
import type { Fault } from '../../contract/index.ts'

/** What zod says of one fault, as far as it is used here. */
interface Issue {
  readonly code?: string
  readonly keys?: readonly string[]
  readonly values?: readonly unknown[]
}

/** Faults of a request that did not fit its schema: paths as people write them, and the nearest right word. */
export function validationFaults(error: FastifyError): readonly Fault[] {
  const place = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? '')
  return (error.validation ?? []).map((one) => {
    const params = (one.params ?? {}) as Issue & { issue?: Issue }
    const issue = { ...params.issue, ...params, keyword: one.keyword }
    const path = pathOf(one.instancePath, place)
    return { path: path === '' ? 'body' : path, message: messageOf(issue, one.message ?? 'does not fit') }
  })
}

/** `/filters/0/operator` → `filters[0].operator`; of a query string `query.time`. */
function pathOf(pointer: string, place: string): string {
  const steps = pointer
    .split('/')
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const all = place === 'body' || place === '' ? steps : [place, ...steps]
  return all.reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
    '',
  )
}

function messageOf(issue: Issue & { keyword?: string }, message: string): string {
  if (issue.keys !== undefined) return `unknown ${issue.keys.length > 1 ? 'fields' : 'field'} ${issue.keys.join(', ')}`
  if (issue.values !== undefined && issue.values.length > 1) return `expected one of ${issue.values.join(', ')}`
  return message.charAt(0).toLowerCase() + message.slice(1)
}
