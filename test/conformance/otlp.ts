import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { openStoredTelemetry, type StoredTelemetry } from './otlp/stored-telemetry.ts'
import type { Suite, SuiteResult } from './suite.ts'

type Part = NonNullable<SuiteResult['parts']>[number]
type Json = { readonly [key: string]: unknown }

/** By the field of a request that holds all: where it is sent, and how what was stored of it is read back. */
const signals = {
  resourceMetrics: { path: '/v1/metrics', read: (stored: StoredTelemetry) => stored.metrics() },
  resourceLogs: { path: '/v1/logs', read: (stored: StoredTelemetry) => stored.logs() },
  resourceSpans: { path: '/v1/traces', read: (stored: StoredTelemetry) => stored.traces() },
} as const

/**
 * OTLP's example requests in JSON: each is sent to the OTLP receiver and goes through pipeline, journal and engine; the
 * rows of the tables are then written as a request again. Every field that was sent is one case, and so is every
 * field that was not sent and is there.
 *
 * Two things are compared by what they mean: an aggregation temporality is applied rather than stored (delta points
 * are added up, so the first one reads back as it was sent), and buckets of exponential histograms without counts at
 * their ends are the same.
 */
export const otlp: Suite = {
  name: 'otlp',
  folder: 'otlp',
  isIn: (folder) => existsSync(join(folder, 'trace.json')) && existsSync(join(folder, 'metrics.json')),
  run: async (folder) => {
    const parts: Part[] = []
    const faults: string[] = []
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.json')) continue
      const found = await judgeFile(join(folder, name))
      faults.push(...found.faults.map((fault) => `${name}: ${fault}`))
      parts.push({ name, passed: found.passed, failed: found.faults.length })
    }
    const passed = parts.reduce((sum, part) => sum + part.passed, 0)
    return { passed, failed: faults.length, faults, parts }
  },
}

async function judgeFile(file: string): Promise<{ passed: number; faults: string[] }> {
  const body = readFileSync(file)
  const request = JSON.parse(body.toString('utf8')) as Json
  const field = (Object.keys(signals) as (keyof typeof signals)[]).find((name) => name in request)
  if (field === undefined) return { passed: 0, faults: [`expected one of ${Object.keys(signals).join(', ')}`] }
  const { path, read } = signals[field]
  const stored = await openStoredTelemetry()
  try {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(stored.origin + path, { method: 'POST', headers, body })
    const text = await answer.text()
    if (answer.status !== 200 || text.includes('rejected')) return { passed: 0, faults: [`${answer.status}: ${text}`] }
    return compare(leavesOf(inOneForm(request)), leavesOf(inOneForm({ [field]: await read(stored) } as Json)))
  } finally {
    await stored.close()
  }
}

function compare(sent: ReadonlyMap<string, unknown>, read: ReadonlyMap<string, unknown>) {
  const faults: string[] = []
  let passed = 0
  for (const [path, value] of sent)
    if (isDeepStrictEqual(read.get(path), value)) passed += 1
    else faults.push(`${path}: sent ${JSON.stringify(value)}, read ${JSON.stringify(read.get(path))}`)
  for (const [path, value] of read) if (!sent.has(path)) faults.push(`${path}: not sent, read ${JSON.stringify(value)}`)
  return { passed, faults }
}

/** Every value of a request by its path. Attributes and other lists of keys go by key, other lists by place. */
function leavesOf(value: unknown, path = '', leaves = new Map<string, unknown>()): Map<string, unknown> {
  if (Array.isArray(value))
    for (const [i, item] of value.entries()) {
      const { key } = (item ?? {}) as Json
      leavesOf(item, `${path}[${typeof key === 'string' ? key : i}]`, leaves)
    }
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) leavesOf(item, path === '' ? name : `${path}.${name}`, leaves)
  else leaves.set(path, value)
  return leaves
}

/** What proto3 JSON writes in several ways, in one: int64 as text, ids in lower case, nothing for empty. */
function inOneForm(request: Json): unknown {
  return JSON.parse(JSON.stringify(request), (name, value) => {
    if (name === 'aggregationTemporality') return undefined
    if (/^(trace|span|parentSpan)Id$/.test(name)) return value === '' ? undefined : String(value).toLowerCase()
    if (/(TimeUnixNano|^timeUnixNano|^intValue|^count|[cC]ount)$/.test(name) && !Array.isArray(value))
      return String(value)
    if (name === 'bucketCounts') return (value as unknown[]).map(String)
    if (name === 'positive' || name === 'negative') return trimmed(value as Buckets)
    const isDefault = value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    return isDefault || (name === 'zeroThreshold' && value === 0) ? undefined : value
  })
}

interface Buckets {
  readonly offset?: number
  readonly bucketCounts?: readonly string[]
}

function trimmed({ offset = 0, bucketCounts = [] }: Buckets): Buckets | undefined {
  const first = bucketCounts.findIndex((count) => count !== '0')
  const last = bucketCounts.findLastIndex((count) => count !== '0')
  return first < 0 ? undefined : { offset: offset + first, bucketCounts: bucketCounts.slice(first, last + 1) }
}
