import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogBatch } from '../../model/batch.ts'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { JournalFull } from '../../model/sink.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { ActivePart } from '../receiver.ts'
import { RecordingSink } from '../recording-sink-suite.ts'
import { createFileTailer } from './file-tailer.ts'

let folder: string
let sink: RecordingSink
let tailer: ActivePart | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-tail-'))
  mkdirSync(join(folder, 'logs'))
  sink = new RecordingSink()
})
afterEach(async () => {
  await tailer?.stop()
  tailer = null
  rmSync(folder, { recursive: true })
})

const log = (name = 'app.log'): string => join(folder, 'logs', name)

async function start(file: object = {}): Promise<void> {
  const context = {
    ...{ sink, tables: await createSeriesTables(), ledger: createLedger(systemClock) },
    ...{ clock: systemClock, logger: silentLogger() },
  }
  const files = [{ paths: join(folder, 'logs', '*.log'), start: 'beginning', ...file }]
  tailer = createFileTailer({ files, pollInterval: 20, folder: join(folder, 'state') }, context, 'file_tail')
  await tailer.start()
}

/** As a process that is killed: what it holds in memory is gone; only what it wrote is there. */
async function restart(file: object = {}): Promise<void> {
  await tailer?.stop()
  sink.failure = null
  await start(file)
}

const rows = () => sink.batches.flatMap((batch) => logRowsOf(batch as LogBatch))
const bodies = (): unknown[] => rows().map(({ body }) => body)

/** Waits for so many records, then for two looks more, in which none may come. */
async function expectBodies(...expected: string[]): Promise<void> {
  while (sink.rows < expected.length) await sink.arrived(sink.batches.length + 1)
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(bodies()).toEqual(expected)
}

describe('FileTailer', () => {
  it('follows a file, and new ones from their beginning', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    appendFileSync(log(), 'b\nhalf')
    await expectBodies('a', 'b')
    appendFileSync(log(), ' done\n')
    await expectBodies('a', 'b', 'half done')
    writeFileSync(log('other.log'), 'c\n')
    await expectBodies('a', 'b', 'half done', 'c')
    expect(rows()[3].attributes).toEqual([['log.file.path', 's', log('other.log')]])
  })

  it('begins at the end of files that are there, where it is told so', async () => {
    writeFileSync(log(), 'old\n')
    await start({ start: 'end' })
    await new Promise((resolve) => setTimeout(resolve, 60))
    appendFileSync(log(), 'new\n')
    writeFileSync(log('later.log'), 'first\n')
    await expectBodies('new', 'first')
  })

  it('follows a file that is renamed, to its end, and the one in its place', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    renameSync(log(), log('app.log.1'))
    appendFileSync(log('app.log.1'), 'b\n')
    writeFileSync(log(), 'c\n')
    await expectBodies('a', 'b', 'c')
    appendFileSync(log('app.log.1'), 'late\n')
    await expectBodies('a', 'b', 'c', 'late')
  })

  it('begins anew where a file is copied and truncated', async () => {
    writeFileSync(log(), 'a\nb\n')
    await start()
    await expectBodies('a', 'b')
    copyFileSync(log(), log('app.log.1'))
    truncateSync(log(), 0)
    appendFileSync(log(), 'c\n')
    await expectBodies('a', 'b', 'c')
  })

  it('sees that a file was written anew although it is longer than before', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    writeFileSync(log(), 'quite another line\n')
    await expectBodies('a', 'quite another line')
  })

  it('goes on after a restart where it was, no line twice, none lost', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    await tailer?.stop()
    appendFileSync(log(), 'b\n')
    await restart({ start: 'end' })
    await expectBodies('a', 'b')
  })

  it('repeats after a restart what was not stored', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    sink.failure = new JournalFull('disk full', 100)
    appendFileSync(log(), 'b\n')
    await new Promise((resolve) => setTimeout(resolve, 80))
    await restart()
    await expectBodies('a', 'b')
  })

  it('finds a file again that was renamed while it was not running', async () => {
    writeFileSync(log(), 'a\n')
    await start()
    await expectBodies('a')
    await tailer?.stop()
    appendFileSync(log(), 'b\n')
    renameSync(log(), log('app.log.1'))
    writeFileSync(log(), 'c\n')
    await restart()
    await expectBodies('a', 'c', 'b').catch(() => expectBodies('a', 'b', 'c'))
  })

  it('waits for a full journal', async () => {
    sink.failure = new JournalFull('disk full', 100)
    writeFileSync(log(), 'a\n')
    await start()
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(tailer?.health().detail).toContain('disk full')
    appendFileSync(log(), 'b\n')
    sink.failure = null
    await expectBodies('a', 'b')
    expect(tailer?.health()).toEqual({ ready: true })
  })

  it('joins lines to records, and takes the last for whole when nothing comes', async () => {
    await start({ recordStart: '^\\S' })
    writeFileSync(log(), 'E1\n at x\n at y\nE2\n at z\n')
    await expectBodies('E1\n at x\n at y', 'E2\n at z')
  })

  it('adds what the path and the rule say', async () => {
    const path = join(folder, 'pods', 'shop_cart-7_u1', 'cart')
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, '0.log'), '2026-11-23T12:00:00Z stderr P hel\n2026-11-23T12:00:01Z stderr F lo\n')
    await start({ paths: join(folder, 'pods', '*', '*', '*.log'), resource: { 'service.name': 'cart-service' } })
    await expectBodies('hello')
    const resource = Object.fromEntries(rows()[0].resource.attributes.map(({ key, value }) => [key, value]))
    expect(resource).toMatchObject({
      'service.name': 'cart-service',
      'k8s.pod.name': 'cart-7',
      'k8s.namespace.name': 'shop',
    })
    expect(rows()[0].attributes).toContainEqual(['log.iostream', 's', 'stderr'])
  })

  it('reads many lines in the order of the file', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'x'.repeat(20)}`)
    writeFileSync(log(), `${lines.join('\n')}\n`)
    await start()
    await expectBodies(...lines)
    expect(sink.batches.length).toBeGreaterThan(1)
  })

  it.each([
    [{ paths: 7 }, /tail\.files\.0\.paths/],
    [{ format: 'xml' }, /tail\.files\.0\.format/],
    [{ recordStart: '(' }, /tail\.files\.0\.recordStart/],
    [{ path: 'x' }, /path/],
  ])('refuses %j', async (file, message) => {
    await expect(start(file)).rejects.toThrow(message)
  })
})
