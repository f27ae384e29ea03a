import type { FilterRequest } from '../../../contract/index.ts'

/** Short names that people type, and the fields they mean. */
const shortNames: Readonly<Record<string, string>> = { env: 'deployment.environment.name', version: 'service.version' }

/** `field:value` as a field and a value; null where it is neither. */
export function readScopeFilter(text: string): { field: string; value: string } | null {
  const match = /^\s*([^\s:]+):(\S.*?)\s*$/.exec(text)
  return match === null ? null : { field: match[1], value: match[2] }
}

/** The scope filters as conditions of a query; what is no filter is left out. */
export function scopeConditions(filters: readonly string[] | undefined): FilterRequest[] {
  return (filters ?? []).flatMap((text) => {
    const read = readScopeFilter(text)
    return read === null
      ? []
      : [{ field: shortNames[read.field] ?? read.field, operator: 'eq' as const, value: read.value }]
  })
}
