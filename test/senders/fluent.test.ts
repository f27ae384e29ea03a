import { type EventEmitter, once } from 'node:events'
import fluentLogger from 'fluent-logger'
import { afterEach, describe, expect, it } from 'vitest'
import type { LogBatch } from '../../server/model/batch.ts'
import { logRowsOf } from '../../server/model/batch-rows-suite.ts'
import { JournalFull } from '../../server/model/sink.ts'
import { fluentForward } from '../../server/receive/protocols/fluent-forward.ts'
import { SocketBench, until } from '../../server/receive/sockets/socket-suite.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { Secret } from '../../server/runtime/config/secret.ts'

const { config } = loadConfig({ environment: {}, flags: [], folder: '/nowhere' })
let bench: SocketBench
afterEach(() => bench.stop())

async function start(sharedKey = ''): Promise<void> {
  bench = await SocketBench.start(fluentForward, {
    settings: { fluent: { ...config.fluent, sharedKey: new Secret(sharedKey) } },
  })
}

function sender(more: object) {
  return fluentLogger.createFluentSender('shop', {
    host: '127.0.0.1',
    port: bench.stream.port,
    timeout: 5,
    reconnectInterval: 50,
    ...more,
  })
}

function rows() {
  return bench.sink.batches.flatMap((batch) => logRowsOf(batch as LogBatch))
}

describe('fluent-logger for Node', () => {
  it.each([
    ['Message mode', 'Message'],
    ['PackedForward mode', 'PackedForward'],
    ['CompressedPackedForward mode', 'CompressedPackedForward'],
  ] as const)('sends in %s and gets its acknowledgement', async (_name, eventMode) => {
    await start()
    const logger = sender({ eventMode, requireAckResponse: true, ackResponseTimeout: 5000, flushInterval: 10 })
    await Promise.all(
      Array.from(
        { length: 10 },
        (_, i) =>
          new Promise<void>((resolve, reject) =>
            logger.emit('cart', { message: `order ${i}`, level: 'info' }, (error?: Error) =>
              error === undefined ? resolve() : reject(error),
            ),
          ),
      ),
    )
    expect(rows().map(({ body }) => body)).toEqual(Array.from({ length: 10 }, (_, i) => `order ${i}`))
    for (const row of rows()) {
      expect(row.severityText).toBe('info')
      expect(row.attributes).toContainEqual(['fluent.tag', 's', 'shop.cart'])
      expect(Math.abs(Date.now() - Number(row.timeUnixNano / 1_000_000n))).toBeLessThan(60_000)
    }
    logger.end('', {}, () => {})
  })

  it('is not acknowledged before the rows are stored', async () => {
    await start()
    bench.sink.failure = new JournalFull('disk full', 100)
    const logger = sender({ requireAckResponse: true, ackResponseTimeout: 5000 })
    let isAcknowledged = false
    const sent = new Promise<void>((resolve) =>
      logger.emit({ message: 'a' }, () => {
        isAcknowledged = true
        resolve()
      }),
    )
    await until(() => bench.headers.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(isAcknowledged).toBe(false)
    bench.sink.failure = null
    await sent
    expect(rows()).toHaveLength(1)
    logger.end('', {}, () => {})
  })

  it('proves that it knows the shared key', async () => {
    await start('s3cret')
    const security = { clientHostname: 'client.test', sharedKey: 's3cret' }
    const logger = sender({ security, requireAckResponse: true, ackResponseTimeout: 5000 })
    await new Promise<void>((resolve) => logger.emit({ message: 'a' }, () => resolve()))
    expect(rows()).toMatchObject([{ body: 'a' }])
    logger.end('', {}, () => {})
  })

  it('is refused with another key', async () => {
    await start('s3cret')
    const security = { clientHostname: 'client.test', sharedKey: 'wrong' }
    const logger = sender({ security, enableReconnect: false })
    const failed = once(logger as unknown as EventEmitter, 'error')
    logger.emit({ message: 'a' })
    expect(String((await failed)[0])).toMatch(/shared_key mismatch|Authentication failed/i)
    await until(() => bench.rejected.malformed === 1)
    expect(rows()).toEqual([])
    logger.end('', {}, () => {})
  })
})
