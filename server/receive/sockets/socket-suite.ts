import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSeriesTables } from '../../model/series-interner.ts'
import { JournalFull } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { loadConfig } from '../../runtime/config/load.ts'
import { Secret } from '../../runtime/config/secret.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { ReceiverContext, SocketIntake, SocketReceiver, SocketSettings } from '../receiver.ts'
import { RecordingSink } from '../recording-sink-suite.ts'
import { DatagramListener } from './datagram-listener.ts'
import { StreamListener } from './stream-listener.ts'

/** What the suite has to know of one receiver on sockets. */
export interface SocketCase {
  readonly receiver: SocketReceiver
  /** One message as it goes over a connection, framing included; every one is `rows` rows. null: no connections. */
  readonly message: ((index: number) => Buffer) | null
  /** The same as a packet; null: no packets. */
  readonly packet: ((index: number) => Buffer) | null
  readonly rows: number
  /** A message that is longer than 4 KiB; or why there is no such bound. */
  readonly tooLong: Buffer | { readonly optOut: string }
  /** Bytes that are no message, after which the connection is `kept` or `closed`, and how many rows they become. */
  readonly broken: { readonly bytes: Buffer; readonly after: 'kept' | 'closed'; readonly rows: number }
  /** Settings of its own. */
  readonly settings?: Partial<SocketSettings>
}

const { config } = loadConfig({ environment: {}, flags: [], folder: '/nowhere' })
const listen = { listen: { host: '127.0.0.1', port: 0 }, tenant: '', token: new Secret('') }

/** One receiver with its listeners on real sockets, and a sink in memory. */
export class SocketBench {
  readonly sink = new RecordingSink()
  readonly context: ReceiverContext
  readonly intake: SocketIntake
  readonly stream: StreamListener
  readonly datagram: DatagramListener
  /** Senders that the listeners have asked about, and what is answered. */
  readonly headers: Record<string, unknown>[] = []
  refusal: string | null = null

  private constructor(context: Omit<ReceiverContext, 'sink'>, receiver: SocketReceiver, options: BenchOptions) {
    this.context = { ...context, sink: this.sink }
    this.intake = receiver.create({ ...config, ...options.settings }, this.context)
    const ingest = {
      context: this.context,
      intake: this.intake,
      authorizeIngest: (headers: Record<string, unknown>) => {
        this.headers.push(headers)
        return this.refusal === null ? { tenant: defaultTenant } : ({ status: 401, message: this.refusal } as const)
      },
    }
    const { tls = { certFile: '', keyFile: '', clientCaFile: '' }, maxConnections = 100, idleTimeoutMs = 0 } = options
    const settings = { ...listen, ...options.entry, ...tls }
    this.stream = new StreamListener({ ...ingest, name: 'test.tcp', receiver, settings, maxConnections, idleTimeoutMs })
    this.datagram = new DatagramListener({ ...ingest, name: 'test.udp', settings })
  }

  static async start(receiver: SocketReceiver, options: BenchOptions = {}): Promise<SocketBench> {
    const tables = await createSeriesTables()
    const context = { tables, ledger: createLedger(systemClock), clock: systemClock, logger: silentLogger() }
    const bench = new SocketBench(context, receiver, options)
    if (bench.intake.open !== undefined) await bench.stream.start()
    if (bench.intake.datagram !== undefined) await bench.datagram.start()
    return bench
  }

  async stop(): Promise<void> {
    await Promise.all([this.stream.stop(), this.datagram.stop()])
    await this.intake.stop()
  }

  async connect(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.stream.port })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  async packets(...packets: Uint8Array[]): Promise<void> {
    const socket = createSocket('udp4')
    for (const packet of packets)
      await new Promise<void>((resolve, reject) =>
        socket.send(packet, this.datagram.port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
      )
    socket.close()
  }

  /** Resolves once so many rows have come to the sink. */
  async rows(count: number): Promise<void> {
    while (this.sink.rows < count) await this.sink.arrived(this.sink.batches.length + 1)
  }

  /** Rows rejected, by reason. */
  get rejected(): Record<string, number> {
    const all = this.context.ledger.entries().flatMap(({ rejections }) => rejections)
    return Object.fromEntries(all.map(({ reason, count }) => [reason, count]))
  }
}

export interface BenchOptions {
  readonly settings?: Partial<SocketSettings>
  readonly entry?: { readonly tenant: string; readonly token: Secret }
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string }
  readonly maxConnections?: number
  readonly idleTimeoutMs?: number
}

/** Turns of the event loop until something holds; the time limit of the test ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Runs the contract that every receiver on sockets keeps, on real sockets. */
export function describeSocketReceiver(name: string, given: SocketCase): void {
  const { receiver, rows } = given
  let bench: SocketBench
  const start = async (options: BenchOptions = {}): Promise<SocketBench> => {
    const sockets = { ...config.sockets, maxMessageBytes: 4096, batchDelay: 5, ...options.settings?.sockets }
    bench = await SocketBench.start(receiver, { ...options, settings: { ...given.settings, sockets } })
    return bench
  }
  beforeEach(() => start())
  afterEach(() => bench.stop())
  const restart = async (options: BenchOptions): Promise<void> => {
    await bench.stop()
    await start(options)
  }

  describe(`${name}: entry`, () => {
    it('shows the tenant and the token of the listener on behalf of its senders', async () => {
      await restart({ entry: { tenant: 'shop', token: new Secret('t0ken') } })
      if (given.message !== null) (await bench.connect()).end(given.message(0))
      else await bench.packets(given.packet?.(0) ?? Buffer.alloc(0))
      await bench.rows(rows)
      expect(bench.headers).toEqual([{ 'x-scope-orgid': 'shop', authorization: 'Bearer t0ken' }])
      expect(bench.sink.batches[0]).toMatchObject({ tenant: defaultTenant, receiver: receiver.name })
    })
  })

  const { message, packet } = given
  if (message !== null) describeStream(name, { given: { ...given, message }, bench: () => bench, restart })
  if (packet === null) return

  describe(`${name} over UDP`, () => {
    it('stores packets', async () => {
      await bench.packets(packet(0), packet(1))
      await bench.rows(2 * rows)
      expect(bench.sink.batches[0].receivedBytes).toBeGreaterThan(0)
    })

    it('passes over packets of a sender that may not send', async () => {
      bench.refusal = 'a token is needed'
      await bench.packets(packet(0))
      await until(() => bench.datagram.health().detail !== undefined)
      await bench.intake.stop()
      expect(bench.sink.batches).toEqual([])
      expect(bench.datagram.health()).toEqual({ ready: true, detail: '1 packets refused' })
    })
  })
}

interface StreamParts {
  readonly given: SocketCase & { readonly message: (index: number) => Buffer }
  readonly bench: () => SocketBench
  readonly restart: (options: BenchOptions) => Promise<void>
}

function describeStream(name: string, { given, bench, restart }: StreamParts): void {
  const { rows, message } = given

  describe(`${name} over TCP`, () => {
    it('stores messages that arrive byte by byte, and several in one piece', async () => {
      const socket = await bench().connect()
      for (const byte of message(0)) socket.write(Buffer.from([byte]))
      socket.end(Buffer.concat([message(1), message(2)]))
      await bench().rows(3 * rows)
      expect(bench().sink.rows).toBe(3 * rows)
    })

    it('waits for a full journal, and loses nothing of what it has taken', async () => {
      const { sockets } = config
      await restart({
        settings: { sockets: { ...sockets, maxMessageBytes: 4096, batchDelay: 5, maxWaitingBytes: 2048 } },
      })
      bench().sink.failure = new JournalFull('disk full', 100)
      const socket = await bench().connect()
      const count = 300
      for (let i = 0; i < count; i++) socket.write(message(i))
      await new Promise((resolve) => setImmediate(resolve))
      bench().sink.failure = null
      socket.end()
      await bench().rows(count * rows)
      expect(bench().rejected).toEqual({})
    })

    it('closes the connection of a sender that may not send', async () => {
      bench().refusal = 'a token is needed'
      const socket = await bench().connect()
      socket.resume().write(message(0))
      await once(socket, 'close')
      expect(bench().sink.batches).toEqual([])
      expect(bench().stream.health()).toEqual({ ready: true, detail: '1 connections refused' })
    })

    it('closes connections beyond the most it may hold', async () => {
      await restart({ maxConnections: 1 })
      const first = await bench().connect()
      const second = await bench().connect()
      await once(second.resume(), 'close')
      first.end(message(0))
      await bench().rows(rows)
    })

    it('closes a connection over which nothing comes', async () => {
      await restart({ idleTimeoutMs: 20 })
      const socket = await bench().connect()
      await once(socket.resume(), 'close')
    })

    it('passes over a message that is too long, counts it, and keeps the connection', async (test) => {
      if ('optOut' in given.tooLong) return test.skip(given.tooLong.optOut)
      const socket = await bench().connect()
      socket.write(given.tooLong)
      socket.end(message(0))
      await bench().rows(rows)
      expect(bench().sink.rows).toBe(rows)
      expect(bench().rejected).toEqual({ body_too_long: 1 })
    })

    it(`is ${given.broken.after === 'kept' ? 'not ended' : 'ended'} by bytes that are no message`, async () => {
      const socket = await bench().connect()
      socket.resume().write(given.broken.bytes)
      if (given.broken.after === 'closed') {
        await once(socket, 'close')
        expect(bench().rejected).toEqual({ malformed: 1 })
        return
      }
      socket.end(message(0))
      await bench().rows(rows + given.broken.rows)
    })

    it('stores what it has read before it stops', async () => {
      const { sockets } = config
      await restart({ settings: { sockets: { ...sockets, maxMessageBytes: 4096, batchDelay: 200 } } })
      const socket = await bench().connect()
      socket.end(message(0))
      await once(socket.resume(), 'close')
      await bench().stop()
      expect(bench().sink.rows).toBe(rows)
    })
  })
}
