import {
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Pool, PoolClient } from 'pg'
import type { Logger } from 'pino'
import { Counter, Histogram } from 'prom-client'
import { openConnection } from './database.ts'
import type { MeasureRegistry } from './measures.ts'

/** A queue on PostgreSQL: rows are the messages, `SKIP LOCKED` hands each to one consumer, `NOTIFY` wakes them. */
export interface Queue {
  /**
   * Appends a message and returns its id. The span of the sending travels in the message's headers, so that the
   * consumer continues the trace.
   */
  send(topic: string, body: unknown): Promise<string>
  /**
   * Hands each message of a topic to `handle`, `concurrency` at a time, oldest first. A message whose handler throws
   * comes again after a pause, `maxAttempts` times in all; then it is given up, with a log line. At least once: a
   * message being handled when the process dies comes again.
   * Result: a function that stops taking messages.
   */
  consume(topic: string, handle: (body: never) => Promise<void>, concurrency?: number): Promise<() => void>
}

interface QueueTools {
  readonly pool: Pool
  readonly url: string
  readonly service: string
  readonly log: Logger
  readonly registry: MeasureRegistry
}

interface Message {
  readonly id: string
  readonly headers: Record<string, string>
  readonly body: unknown
  readonly attempts: number
  readonly age_seconds: number
}

/** How often a message is tried before it is given up. */
const maxAttempts = 5
/** Pause before a failed message comes again, seconds, times the attempt. */
const retrySeconds = 2
/** Consumers look by themselves this often, ms: a notice can be lost with its connection. */
const pollMs = 1_000
const system = 'postgresql'
const tracer = trace.getTracer('shop.queue')

const sendSql = `
  WITH message AS (INSERT INTO queue_messages (topic, headers, body) VALUES ($1, $2, $3) RETURNING id)
  SELECT id, pg_notify('queue_' || $1, '') FROM message`
const takeSql = `
  SELECT id, headers, body, attempts, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_seconds
  FROM queue_messages WHERE topic = $1 AND visible_at <= now() ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`
const removeSql = 'DELETE FROM queue_messages WHERE id = $1'
const postponeSql = `
  UPDATE queue_messages SET attempts = attempts + 1, visible_at = now() + make_interval(secs => $2) WHERE id = $1`

export function createQueue(tools: QueueTools): Queue {
  const metrics = createQueueMetrics(tools.registry)
  return {
    send: (topic, body) => sendMessage(tools.pool, topic, body),
    async consume(topic, handle, concurrency = 2) {
      const bell = new Bell()
      let open = true
      const listening = listen(tools, topic, bell)
      for (let i = 0; i < concurrency; i++) void drain()
      return () => {
        open = false
        void listening.then((client) => client?.end())
      }

      async function drain(): Promise<void> {
        while (open) {
          const found = await takeOne(tools, topic, (message) => processMessage({ topic, message }, handle)).then(
            (taken) => {
              if (taken !== undefined) metrics.count(topic, taken)
              return taken !== undefined
            },
            (error: unknown) => {
              tools.log.error({ err: error, topic }, 'Queue cannot be read')
              return false
            },
          )
          if (!found && open) await bell.wait(pollMs)
        }
      }
    },
  }
}

function sendMessage(pool: Pool, topic: string, body: unknown): Promise<string> {
  const attributes = { ...describe(topic), 'messaging.operation.type': 'send', 'messaging.operation.name': 'send' }
  return tracer.startActiveSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, async (span) => {
    try {
      const headers: Record<string, string> = {}
      propagation.inject(context.active(), headers)
      const { rows } = await pool.query<{ id: string }>(sendSql, [topic, headers, JSON.stringify(body)])
      span.setAttribute('messaging.message.id', rows[0].id)
      return rows[0].id
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Takes one message under a row lock that lasts until it is done. Result: how it went; undefined when none waits. */
async function takeOne(
  { pool, log }: QueueTools,
  topic: string,
  work: (message: Message) => Promise<void>,
): Promise<{ outcome: string; ageSeconds: number } | undefined> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<Message>(takeSql, [topic])
    const message = rows[0]
    const outcome = message === undefined ? undefined : await attempt({ client, log, message }, work)
    await client.query('COMMIT')
    client.release()
    return outcome === undefined ? undefined : { outcome, ageSeconds: message.age_seconds }
  } catch (error) {
    client.release(true)
    throw error
  }
}

async function attempt(
  { client, log, message }: { client: PoolClient; log: Logger; message: Message },
  work: (message: Message) => Promise<void>,
): Promise<string> {
  const attempts = message.attempts + 1
  try {
    await work(message)
  } catch {
    if (attempts < maxAttempts) {
      await client.query(postponeSql, [message.id, attempts * retrySeconds])
      return 'retried'
    }
    log.error({ 'messaging.message.id': message.id, attempts }, 'Message given up after its last attempt')
    await client.query(removeSql, [message.id])
    return 'given_up'
  }
  await client.query(removeSql, [message.id])
  return 'done'
}

/** Runs the handler in a CONSUMER span that continues the sender's trace and links to the sender's span. */
function processMessage(
  { topic, message }: { topic: string; message: Message },
  handle: (body: never) => Promise<void>,
): Promise<void> {
  const parent = propagation.extract(ROOT_CONTEXT, message.headers)
  const attributes = {
    ...describe(topic),
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.message.id': message.id,
  }
  const options = { kind: SpanKind.CONSUMER, attributes, links: linksTo(parent) }
  return tracer.startActiveSpan(`process ${topic}`, options, parent, async (span) => {
    try {
      await handle(message.body as never)
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
      throw error
    } finally {
      span.end()
    }
  })
}

function linksTo(parent: Context): Link[] {
  const sender = trace.getSpanContext(parent)
  return sender === undefined ? [] : [{ context: sender }]
}

function describe(topic: string) {
  return { 'messaging.system': system, 'messaging.destination.name': topic }
}

/** Listens for notices of new messages; without the connection the consumers still poll. */
async function listen({ url, service, log }: QueueTools, topic: string, bell: Bell) {
  const client = openConnection(url, service)
  client.on('notification', () => bell.ring())
  client.on('error', (error) => log.warn({ err: error, topic }, 'Queue notices are lost; polling'))
  try {
    await client.connect()
    await client.query(`LISTEN "queue_${topic}"`)
    return client
  } catch (error) {
    log.warn({ err: error, topic }, 'Queue notices cannot be had; polling')
    return undefined
  }
}

/** Wakes whoever waits; a ring that nobody waited for wakes the next one at once, so that none is lost. */
class Bell {
  private readonly waiting = new Set<() => void>()
  private rung = false

  wait(limitMs: number): Promise<void> {
    if (this.rung) {
      this.rung = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, limitMs)
      this.waiting.add(wake)
    })
  }

  ring(): void {
    this.rung = this.waiting.size === 0
    for (const wake of [...this.waiting]) wake()
  }
}

function createQueueMetrics(registry: MeasureRegistry) {
  const handled = new Counter({
    ...{ name: 'queue_messages_total', help: 'Messages handled', registers: [registry] },
    labelNames: ['topic', 'outcome'],
  })
  const age = new Histogram({
    ...{ name: 'queue_message_age_seconds', help: 'Time from sending to taking', registers: [registry] },
    ...{ labelNames: ['topic'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120] },
  })
  return {
    count(topic: string, { outcome, ageSeconds }: { outcome: string; ageSeconds: number }) {
      handled.inc({ topic, outcome })
      age.observe({ topic }, ageSeconds)
    },
  }
}
