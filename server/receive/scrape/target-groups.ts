import type { TargetGroup } from './discovery/mechanism.ts'

/** Targets in one answer or file; beyond, it is refused. */
const maxTargets = 100_000

/**
 * Groups out of a file or an HTTP answer: a list of `{ targets: [host:port], labels: { name: value } }`.
 * Throws: an Error that says which entry is wrong. Source: Prometheus file_sd and http_sd.
 */
export function readTargetGroups(document: unknown): TargetGroup[] {
  if (document === null || document === undefined || document === '') return []
  if (!Array.isArray(document)) throw new Error('expected a list of { targets, labels }')
  let count = 0
  return document.map((entry: unknown, i) => {
    const where = `entry ${i + 1}`
    if (typeof entry !== 'object' || entry === null) throw new Error(`${where}: expected { targets, labels }`)
    const { targets = [], labels, ...others } = entry as Record<string, unknown>
    const unknown = Object.keys(others)
    if (unknown.length > 0) throw new Error(`${where}: unknown key ${unknown[0]}; expected targets and labels`)
    if (!Array.isArray(targets) || !targets.every((target) => typeof target === 'string'))
      throw new Error(`${where}: expected targets to be a list of host:port`)
    count += targets.length
    if (count > maxTargets) throw new Error(`more than ${maxTargets} targets`)
    return { targets: targets.map((target: string) => ({ __address__: target })), labels: readLabels(labels, where) }
  })
}

function readLabels(labels: unknown, where: string): Record<string, string> {
  if (labels === undefined || labels === null || labels === '') return {}
  if (typeof labels !== 'object' || Array.isArray(labels)) throw new Error(`${where}: expected labels to be a mapping`)
  const wrong = Object.entries(labels).find(([, value]) => typeof value !== 'string')
  if (wrong !== undefined) throw new Error(`${where}: expected the value of label ${wrong[0]} to be text`)
  return labels as Record<string, string>
}

/** The same groups with a label more. */
export function withLabel(groups: readonly TargetGroup[], name: string, value: string): TargetGroup[] {
  return groups.map(({ targets, labels }) => ({ targets, labels: { ...labels, [name]: value } }))
}
