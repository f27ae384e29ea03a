import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { indexKey } from '../../server/decode/elasticsearch/bulk.ts'
import { elasticsearchBulk } from '../../server/receive/protocols/elasticsearch-bulk.ts'
import { type LocalStorage, storeLocally } from './store-locally.ts'
import type { Suite } from './suite.ts'

/** A step of a test: one action with its arguments, or an assertion about the answer before. */
type Step = Readonly<Record<string, unknown>>
/** One test of a file; `hasSent`: it is about documents that are stored here. */
interface Test {
  readonly local: LocalStorage
  hasSent: boolean
}
type Arguments = Readonly<Record<string, unknown>>

/**
 * Elasticsearch's client tests, as far as they are about ingest: in every test the actions `bulk`, `ping` and `info`, and
 * `count` of what was sent before in the same test, as the engine has it. Each such action, with the assertions behind it, is a
 * case; other actions are passed over.
 */
export const elasticsearch: Suite = {
  name: 'elasticsearch-bulk',
  folder: 'logs/elasticsearch-client-yaml',
  isIn: (folder) => existsSync(join(folder, 'tests', 'bulk')),
  run: async (folder) => {
    const local = await storeLocally(elasticsearchBulk)
    const faults: string[] = []
    let passed = 0
    const files = readdirSync(join(folder, 'tests'), { recursive: true, withFileTypes: true })
    for (const file of files
      .filter(({ name }) => name.endsWith('.yml'))
      .map((one) => join(one.parentPath, one.name))
      .sort())
      for (const { name, steps } of testsOf(readFileSync(file, 'utf8'))) {
        await (await local.loaded()).command({ sql: 'TRUNCATE TABLE logs' })
        const test = { local, hasSent: false }
        for (const [i, step] of steps.entries()) {
          const outcome = await runStep(test, step, assertionsBehind(steps, i))
          if (outcome === null) continue
          if (outcome === '') passed += 1
          else faults.push(`${relative(folder, file)}, ${name}, step ${i + 1}: ${outcome}`)
        }
      }
    await local.close()
    return { passed, failed: faults.length, faults }
  },
}

function testsOf(text: string): { name: string; steps: Step[] }[] {
  return parseAllDocuments(text).flatMap((document) => {
    const content = (document.toJS() ?? {}) as Readonly<Record<string, unknown>>
    return Object.entries(content).flatMap(([name, steps]) =>
      Array.isArray(steps) && name !== 'teardown' ? [{ name, steps: steps as Step[] }] : [],
    )
  })
}

function assertionsBehind(steps: readonly Step[], index: number): readonly Step[] {
  const behind = steps.slice(index + 1)
  const next = behind.findIndex((step) => 'do' in step)
  return next === -1 ? behind : behind.slice(0, next)
}

/** '' where the step passed, words where it failed, null where it is not about ingest. */
async function runStep(test: Test, step: Step, assertions: readonly Step[]): Promise<string | null> {
  const { local } = test
  const action = step.do as Readonly<Record<string, Arguments | null>> | undefined
  if (action === undefined || 'catch' in action) return null
  for (const [name, given] of Object.entries(action)) {
    if (name === 'bulk') {
      test.hasSent = true
      return sendBulk(local, given ?? {}, assertions)
    }
    if (name === 'ping') return (await fetch(local.origin, { method: 'HEAD' })).ok ? '' : 'ping failed'
    if (name === 'info') return judge(await (await fetch(local.origin)).json(), assertions)
    if (name === 'count' && test.hasSent) return judge({ count: await countRows(local, given?.index) }, assertions)
  }
  return null
}

async function sendBulk(local: LocalStorage, given: Arguments, assertions: readonly Step[]): Promise<string> {
  const { index, body, operations } = given
  const lines = (body ?? operations) as string | readonly (string | object)[]
  const list = typeof lines === 'string' ? [lines.trimEnd()] : lines
  const text = `${list.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`
  const path = typeof index === 'string' ? `/${index}/_bulk` : '/_bulk'
  const headers = { 'content-type': 'application/x-ndjson' }
  const answer = await fetch(`${local.origin}${path}`, { method: 'POST', headers, body: text })
  const reply = (await answer.json()) as { items?: Readonly<Record<string, { status: number }>>[] }
  const actions = [...text.matchAll(/^\{"(create|index|update|delete)"/gm)].map((match) => match[1])
  const items = reply.items?.map((item) => Object.entries(item)[0]) ?? []
  if (!answer.ok) return `answered ${answer.status}: ${JSON.stringify(reply)}`
  if (String(items.map(([name]) => name)) !== String(actions))
    return `items are not those sent: ${JSON.stringify(reply)}`
  const isAsAsked = items.every(([name, { status }]) => status === (name === 'create' || name === 'index' ? 201 : 400))
  return isAsAsked ? judge(reply, assertions) : `an item has another status: ${JSON.stringify(reply)}`
}

async function countRows(local: LocalStorage, index: unknown): Promise<number> {
  const { rows } = await (await local.loaded()).rows<{ index: string; documents: string }>({
    sql: `SELECT attrs['${indexKey}'] AS index, toString(count()) AS documents FROM logs GROUP BY index`,
  })
  return Number(rows.find((row) => row.index === index)?.documents ?? 0)
}

function judge(answer: unknown, assertions: readonly Step[]): string {
  for (const { match = {}, is_true, is_false } of assertions) {
    for (const [path, wanted] of Object.entries(match as object))
      if (JSON.stringify(valueAt(answer, path)) !== JSON.stringify(wanted))
        return `${path} is ${JSON.stringify(valueAt(answer, path))}, expected ${JSON.stringify(wanted)}`
    if (typeof is_true === 'string' && !valueAt(answer, is_true)) return `${is_true} is not true`
    if (typeof is_false === 'string' && valueAt(answer, is_false)) return `${is_false} is not false`
  }
  return ''
}

function valueAt(answer: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value, key) => (key === '' ? value : (value as Record<string, unknown> | undefined)?.[key]), answer)
}
