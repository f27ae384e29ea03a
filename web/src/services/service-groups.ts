import type { QueryAnswer } from '../../../contract/index.ts'
import type { Judgement } from '../parts/verdict.tsx'
import type { Grouping } from '../table/table-items.ts'
import type { ServiceRow } from './service-rows.ts'

/** What the list can be grouped by beside the verdict: attributes of resources, as the address names them. */
export const groupFields: Readonly<Record<string, string>> = {
  'service.namespace': 'namespace',
  'deployment.environment.name': 'environment',
  'k8s.namespace.name': 'Kubernetes namespace',
}

/** The choice that needs no attribute. */
export const byVerdict = 'verdict'

const judgements: Readonly<Record<Judgement, string>> = {
  bad: 'bad',
  watch: 'to watch',
  new: 'new',
  mended: 'back to usual',
  usual: 'usual',
  none: 'without a comparison',
}

/** Groups by the verdict, worst first: `bad`, `to watch`. */
export const verdictGrouping: Grouping<Pick<ServiceRow, 'judgement'>> = {
  of: ({ judgement }) => judgements[judgement],
  rank: (group) => Object.values(judgements).indexOf(group),
}

/**
 * Groups by an attribute, from the rows of a question by service and that attribute; what lacks it is last. A service
 * that sends several values belongs to them together: `production, staging`.
 */
export function fieldGrouping(results: QueryAnswer['results'], field: string): Grouping<Pick<ServiceRow, 'name'>> {
  const without = `without ${field}`
  const values = new Map<string, Set<string>>()
  for (const { group } of results) {
    const { service = '', [field]: value = '' } = group
    if (value !== '') values.set(service, (values.get(service) ?? new Set()).add(value))
  }
  return {
    of({ name }) {
      const own = values.get(name)
      return own === undefined ? without : [...own].sort().join(', ')
    },
    rank: (group) => (group === without ? 1 : 0),
  }
}

/** `3 bad, 4 to watch, 9 usual`. */
export function verdictCounts(rows: readonly Pick<ServiceRow, 'judgement'>[]): string {
  const parts = (Object.keys(judgements) as Judgement[]).flatMap((one) => {
    const found = rows.filter(({ judgement }) => judgement === one).length
    return found === 0 ? [] : [`${found} ${judgements[one]}`]
  })
  return parts.join(', ')
}
