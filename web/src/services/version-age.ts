import type { ServiceStateAnswer } from '../../../contract/index.ts'
import { formatDuration } from '../format/number.ts'

type Versions = ServiceStateAnswer['versions']

/** How long the newest version has been seen, `39 min`; empty where it is the only one: then it is older than the look. */
export function ageOfVersion(newest: Versions[number], all: Versions, nowMs: number): string {
  if (all.length < 2) return ''
  const ms = Math.max(0, nowMs - Date.parse(newest.since))
  return formatDuration(Math.max(1000, Math.round(ms / 1000) * 1000))
}
