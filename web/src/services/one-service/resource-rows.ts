import type { ServiceMetrics } from '../../../../contract/index.ts'

type Resource = ServiceMetrics['resources'][number]

export interface ResourceRow extends Resource {
  /** Series of that resource, such as one per instance. */
  readonly count: number
}

/** One row per resource and service: the series nearest to its limit; warnings first. */
export function resourceRows(resources: readonly Resource[]): ResourceRow[] {
  const groups = new Map<string, Resource[]>()
  for (const resource of resources) {
    const key = `${resource.service} ${resource.name} ${resource.max_value === null ? 'without a limit' : ''}`
    groups.set(key, [...(groups.get(key) ?? []), resource])
  }
  return [...groups.values()]
    .map((group) => ({ ...group.toSorted((one, other) => fullness(other) - fullness(one))[0], count: group.length }))
    .sort((one, other) => Number(other.warning) - Number(one.warning))
}

function fullness({ value, max_value: most }: Resource): number {
  return most === null || most <= 0 ? value : value / most
}
