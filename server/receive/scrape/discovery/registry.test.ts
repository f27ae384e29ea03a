import { createSocket, type Socket } from 'node:dgram'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../../runtime/logger.ts'
import { ManualClock } from '../../manual-clock-suite.ts'
import type { Discovery, TargetGroup } from './mechanism.ts'
import { discoveryMechanisms } from './registry.ts'

let clock: ManualClock
let folder: string
let running: Discovery | null
let warnings: string[]
const closing: (() => Promise<unknown>)[] = []

beforeEach(() => {
  clock = new ManualClock(1_800_000_000_000)
  folder = mkdtempSync(join(tmpdir(), 'discovery-'))
  warnings = []
  running = null
})
afterEach(async () => {
  await running?.stop()
  for (const close of closing.splice(0)) await close()
  rmSync(folder, { recursive: true })
})

/** Starts a mechanism on its configuration; `next` waits for the groups of its next update. */
function discover(key: string, raw: unknown): { next: () => Promise<readonly TargetGroup[]> } {
  const mechanism = discoveryMechanisms.find((known) => known.key === key)!
  const updates: (readonly TargetGroup[])[] = []
  let taken = 0
  const logger = createLogger({ level: 'warn', stream: { write: (line) => void warnings.push(line) } })
  running = mechanism.create(mechanism.schema.parse(raw), { clock, logger, baseFolder: folder })
  running.start((groups) => updates.push(groups))
  return {
    async next() {
      while (updates.length === taken) await new Promise(setImmediate)
      return updates[taken++]
    },
  }
}

/** The round is over, and the next one is planned. */
async function idle(): Promise<void> {
  while (clock.waiting.length === 0) await new Promise(setImmediate)
}

async function nextRound(ms: number): Promise<void> {
  await idle()
  clock.advance(ms)
  await idle()
}

const address = (value: string) => ({ __address__: value })

describe('static targets', () => {
  it('are there at once', async () => {
    const { next } = discover('static_configs', { targets: ['a:1', 'b:2'], labels: { env: 'prod' } })
    expect(await next()).toEqual([{ targets: [address('a:1'), address('b:2')], labels: { env: 'prod' } }])
  })
})

describe('target files', () => {
  const write = (name: string, content: string, ageMs = 0): string => {
    const file = join(folder, name)
    writeFileSync(file, content)
    const seconds = (clock.nowMs() - ageMs) / 1000
    utimesSync(file, seconds, seconds)
    return file
  }

  it('are read as JSON and YAML, by pattern, and text stays text', async () => {
    mkdirSync(join(folder, 'sd'))
    const json = write('sd/a.json', '[{"targets":["a:1"],"labels":{"x":"y"}}]')
    const yaml = write('sd/b.yml', '- targets: [b:2]\n  labels: { port: 8080, version: 1.0 }\n')
    write('sd/c.txt', 'not ours')
    const { next } = discover('file_sd_configs', { files: ['sd/*.json', 'sd/*.yml'] })
    expect(await next()).toEqual([
      { targets: [address('a:1')], labels: { x: 'y', __meta_filepath: json } },
      { targets: [address('b:2')], labels: { port: '8080', version: '1.0', __meta_filepath: yaml } },
    ])
  })

  it('are read again when they change; one that is damaged keeps what it held, one that is gone is gone', async () => {
    const file = write('a.json', '[{"targets":["a:1"]}]', 5000)
    const { next } = discover('file_sd_configs', { files: ['*.json'] })
    expect((await next()).flatMap(({ targets }) => targets)).toEqual([address('a:1')])
    write('a.json', '[{"targets":["a:2"]}]', 4000)
    await nextRound(5000)
    expect((await next()).flatMap(({ targets }) => targets)).toEqual([address('a:2')])
    write('a.json', '[{"targets":', 3000)
    await nextRound(5000)
    write('b.json', '[{"targets":["b:1"]}]')
    await nextRound(5000)
    expect((await next()).flatMap(({ targets }) => targets)).toEqual([address('a:2'), address('b:1')])
    rmSync(file)
    await nextRound(5000)
    expect((await next()).flatMap(({ targets }) => targets)).toEqual([address('b:1')])
  })
})

describe('target servers', () => {
  let server: Server
  let answer: { status: number; type: string; body: string }
  let headers: Record<string, unknown>[]

  beforeEach(async () => {
    headers = []
    answer = { status: 200, type: 'application/json', body: '[{"targets":["a:1"],"labels":{"x":"y"}}]' }
    server = createServer((request, response) => {
      headers.push(request.headers)
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
  })

  it('are asked again and again; what they said last stays while they fail', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd`
    const { next } = discover('http_sd_configs', { url, authorization: { credentials: 'key' } })
    expect(await next()).toEqual([{ targets: [address('a:1')], labels: { x: 'y', __meta_url: url } }])
    await idle()
    expect(headers[0]).toMatchObject({ authorization: 'Bearer key', 'x-prometheus-refresh-interval-seconds': '60' })
    for (const bad of [{ status: 500 }, { type: 'text/html' }, { body: '{' }, { body: '[{"targets":"a:1"}]' }]) {
      const good = answer
      answer = { ...answer, ...bad }
      const count = warnings.length + 1
      clock.advance(60_000)
      while (warnings.length < count) await new Promise(setImmediate)
      answer = good
    }
    answer = { ...answer, body: '[]' }
    await idle()
    clock.advance(60_000)
    expect(await next()).toEqual([])
    expect(headers.length).toBe(6)
  })
})

/** A name server with one answer per type, on loopback. Source: RFC 1035, 4.1. */
async function nameServer(records: Readonly<Record<number, Buffer[]>>): Promise<string> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const questionEnd = query.indexOf(0, 12) + 5
    const question = query.subarray(12, questionEnd)
    const answers = records[question.readUInt16BE(question.length - 4)] ?? []
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(answers.length, 6)
    header.fill(0, 8)
    const body = answers.map((data) => {
      const record = Buffer.alloc(12)
      record.writeUInt16BE(0xc00c, 0)
      question.copy(record, 2, question.length - 4)
      record.writeUInt32BE(60, 6)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([record, data])
    })
    socket.send(Buffer.concat([header, question, ...body]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => socket.close(() => resolve(null))))
  return `127.0.0.1:${socket.address().port}`
}

const words = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer).swap16()
const domain = (name: string) =>
  Buffer.concat([
    ...name.split('.').map((part) => Buffer.from(String.fromCharCode(part.length) + part)),
    Buffer.alloc(1),
  ])

describe('DNS', () => {
  it.each([
    ['A', 1, Buffer.from([10, 0, 0, 1]), { __address__: '10.0.0.1:9100' }],
    ['AAAA', 28, Buffer.from([...Array(15).fill(0), 1]), { __address__: '[::1]:9100' }],
    [
      'mx',
      15,
      Buffer.concat([words(10), domain('mail.test')]),
      { __address__: 'mail.test:9100', __meta_dns_mx_record_target: 'mail.test.' },
    ],
    ['NS', 2, domain('ns.test'), { __address__: 'ns.test:9100', __meta_dns_ns_record_target: 'ns.test.' }],
    [
      'SRV',
      33,
      Buffer.concat([words(0, 0, 8080), domain('web.test')]),
      { __address__: 'web.test:8080', __meta_dns_srv_record_target: 'web.test.', __meta_dns_srv_record_port: '8080' },
    ],
  ])('%s records become targets', async (type, number, data, target) => {
    const server = await nameServer({ [number]: [data] })
    const { next } = discover('dns_sd_configs', { names: ['x.test'], type, port: 9100, servers: [server] })
    expect(await next()).toEqual([{ targets: [target], labels: { __meta_dns_name: 'x.test' } }])
  })

  it('a name without such records has no targets', async () => {
    const server = await nameServer({})
    const { next } = discover('dns_sd_configs', { names: ['x.test'], type: 'A', port: 1, servers: [server] })
    expect(await next()).toEqual([{ targets: [], labels: { __meta_dns_name: 'x.test' } }])
  })
})

describe('registry of discovery mechanisms', () => {
  it('lists every file of the folder once', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => !/^registry|^mechanism|\.test\.ts$/.test(name))
    const keys = discoveryMechanisms.map(({ key }) => key)
    expect(new Set(keys)).toEqual(
      new Set(files.map((file) => (file === 'static.ts' ? 'static_configs' : `${file.replace('.ts', '')}_sd_configs`))),
    )
    expect(new Set(keys).size).toBe(files.length)
  })
})
