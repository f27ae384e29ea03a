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

/** A condition of a line: `field:value`, or `field:"a value"` with `\"` and `\\` for those two signs. */
const condition = /(?:^|\s)([^\s:"]+):(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*))(?=\s|$)/g

/** The conditions of a line, each as `field:value`; words that are none are left out. */
export function readConditions(line: string): string[] {
  return [...line.matchAll(condition)].map(([, field, quoted, plain]) => {
    return `${field}:${plain ?? (quoted ?? '').replace(/\\(.)/g, '$1')}`
  })
}

/** A line that `readConditions` reads as these fields and values; those without a value are left out. */
export function writeConditions(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([field, value]) => `${field}:${/^[^\s"]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`)
    .join(' ')
}
