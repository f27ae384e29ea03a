import { until } from '../end-to-end/platform.ts'

/** From sent to readable on a machine that is busy with other tests, ms. */
const visibleMs = 60_000
/** Minutes of the story, and after how many of them payment gets a new version and becomes slow. */
const minutes = 40
const deployMinute = 28
const slowMinute = 30

/**
 * Sends forty minutes of a shop, as of now: `shop` calls payment and cart. Payment gets 2.15.0 and two minutes later
 * is slow and fails at times; cart is as always. Payment asks a database and a bank. All of it as OTLP, and resolves when it can be read.
 */
export async function sendIncident(url: string): Promise<void> {
  const startMs = Date.now() - minutes * 60_000
  for (let minute = 0; minute < minutes; minute += 10) {
    const answer = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tenMinutes(startMs, minute)),
    })
    if (!answer.ok) throw new Error(`spans were answered with ${answer.status}: ${await answer.text()}`)
  }
  await until('the incident can be read', visibleMs, async () => {
    const answer = await fetch(`${url}/api/changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ time_range: { relative: '1h' } }),
    })
    const { stories } = (await answer.json()) as { stories: { head: { judgement: string } }[] }
    return stories[0]?.head.judgement === 'bad' ? true : null
  })
}

/** Requests of each minute. */
const perMinute = 20

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

function tenMinutes(startMs: number, from: number) {
  const spans = new Map<string, object[]>()
  for (let at = from * perMinute; at < (from + 10) * perMinute; at += 1) {
    const ms = startMs + (at * 60_000) / perMinute
    const minute = at / perMinute
    const isSlow = minute >= slowMinute
    const took = isSlow ? 1800 + (at % 7) * 40 : 90 + (at % 9) * 4
    const error = isSlow && at % 5 === 0 ? { status: { code: 2, message: 'pool exhausted' } } : {}
    const id = (part: number) => (0x5000000 + at * 8 + part).toString(16).padStart(16, '0')
    const trace = (0x6000000 + at).toString(16).padStart(32, '0')
    const span = (service: string, part: number, fields: object) => {
      const list = spans.get(service) ?? []
      spans.set(service, list)
      list.push({ traceId: trace, spanId: id(part), kind: 2, ...fields })
    }
    const times = (offset: number, duration: number) => ({
      startTimeUnixNano: `${Math.round(ms + offset)}000000`,
      endTimeUnixNano: `${Math.round(ms + offset + duration)}000000`,
    })
    span('shop 4.1.0', 1, { name: 'POST /checkout', ...times(0, took + 40), ...error })
    const version = minute >= deployMinute ? 'payment 2.15.0' : 'payment 2.14.0'
    const exception = {
      ...{ timeUnixNano: times(10, took).endTimeUnixNano, name: 'exception' },
      attributes: [
        ...[text('exception.type', 'PoolTimeout'), text('exception.message', `no connection after ${took} ms`)],
        text(
          'exception.stacktrace',
          'PoolTimeout: no connection\n    at Pool.take (pool.js:71:13)\n    at charge (charges.js:12:9)',
        ),
        text('pool.size', '20'),
      ],
    }
    const events = isSlow && at % 5 === 0 ? { events: [exception] } : {}
    span(version, 2, { name: 'POST /v1/charges', parentSpanId: id(1), ...times(10, took), ...error, ...events })
    span(version, 4, {
      ...{ name: 'INSERT charges', kind: 3, parentSpanId: id(2), ...times(15, Math.round(took * 0.3)) },
      attributes: [text('db.system.name', 'postgresql'), text('db.namespace', 'payments')],
    })
    span(version, 5, {
      ...{ name: 'POST', kind: 3, parentSpanId: id(2), ...times(took - 20, 20) },
      attributes: [text('server.address', 'bank.example')],
    })
    span('cart 1.9.3', 3, { name: 'GET /cart', parentSpanId: id(1), ...times(2, 6 + (at % 3)) })
  }
  return {
    resourceSpans: [...spans].map(([key, list]) => {
      const [service, version] = key.split(' ')
      const attributes = [text('service.name', service), text('service.version', version)]
      return { resource: { attributes }, scopeSpans: [{ spans: list }] }
    }),
  }
}
