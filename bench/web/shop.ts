const services = ['gateway', 'checkout', 'cart', 'payment', 'search', 'auth', 'inventory', 'shipping']
/** Requests of one message. */
const perMessage = 500
/** From sent to readable, ms. */
const patienceMs = 120_000

interface ShopSize {
  readonly minutes: number
  /** Requests; each has a span in every service. */
  readonly perSecond: number
}

/** `spansBefore`: sent by others to the same server, and waited for as well. */
interface SentShop extends ShopSize {
  readonly spansBefore?: number
}

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
const nano = (ms: number) => `${Math.round(ms)}000000`

/** Sends a shop as of now, as OTLP in JSON; resolves when all of it can be read. */
export async function sendShop(
  url: string,
  { spansBefore = 0, ...size }: SentShop,
): Promise<{ spans: number; samples: number }> {
  const startMs = Date.now() - size.minutes * 60_000
  const requests = size.minutes * 60 * size.perSecond
  for (let from = 0; from < requests; from += perMessage)
    await post(`${url}/v1/traces`, spansOf({ startMs, from, to: Math.min(from + perMessage, requests), ...size }))
  const samples = await sendMetrics(url, { startMs, minutes: size.minutes })
  await untilReadable(url, requests * services.length + spansBefore)
  return { spans: requests * services.length, samples }
}

/** One request through a service, for what is measured live. */
export function sendRequest(url: string, service: string): Promise<void> {
  const ms = Date.now()
  const span = spanOf({ number: ms, part: 0, ms: ms - 50, tookMs: 40, parent: false })
  const resource = { attributes: [text('service.name', service)] }
  return post(`${url}/v1/traces`, { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
}

async function post(url: string, body: unknown): Promise<void> {
  for (;;) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const said = await answer.text()
    if (answer.ok) return
    if (answer.status !== 429 && answer.status !== 503) throw new Error(`${url} answered ${answer.status}: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function spansOf({ startMs, from, to, perSecond }: { startMs: number; from: number; to: number } & ShopSize) {
  const lists = services.map((service, part) => {
    const spans = Array.from({ length: to - from }, (_, at) => {
      const number = from + at
      const ms = startMs + (number * 1000) / perSecond + part * 3
      return spanOf({ number, part, ms, tookMs: 20 + ((number * 7919 + part) % 80), parent: part > 0 })
    })
    const attributes = [text('service.name', service), text('service.version', '1.4.2')]
    return { resource: { attributes }, scopeSpans: [{ spans }] }
  })
  return { resourceSpans: lists }
}

function spanOf(span: { number: number; part: number; ms: number; tookMs: number; parent: boolean }) {
  const id = (part: number) => (span.number * 16 + part + 1).toString(16).padStart(16, '0')
  return {
    ...{ traceId: (span.number + 1).toString(16).padStart(32, '0'), spanId: id(span.part), kind: 2 },
    ...(span.parent ? { parentSpanId: id(span.part - 1) } : {}),
    name: `GET /${span.number % 12}`,
    attributes: [text('http.route', `/${span.number % 12}`), text('http.request.method', 'GET')],
    ...{ startTimeUnixNano: nano(span.ms), endTimeUnixNano: nano(span.ms + span.tookMs) },
    ...(span.number % 211 === 0 ? { status: { code: 2 } } : {}),
  }
}

/** Twenty metrics of each service, one sample each 15 s. */
async function sendMetrics(url: string, { startMs, minutes }: { startMs: number; minutes: number }): Promise<number> {
  const ticks = minutes * 4
  const ticksPerMessage = 40
  for (let from = 0; from < ticks; from += ticksPerMessage)
    await post(`${url}/v1/metrics`, {
      resourceMetrics: services.map((service, at) => ({
        resource: { attributes: [text('service.name', service)] },
        scopeMetrics: [{ metrics: metricsOf({ startMs, from, to: Math.min(from + ticksPerMessage, ticks), at }) }],
      })),
    })
  return ticks * services.length * 20
}

function metricsOf({ startMs, from, to, at }: { startMs: number; from: number; to: number; at: number }) {
  return Array.from({ length: 20 }, (_, metric) => {
    const points = Array.from({ length: to - from }, (_, tick) => ({
      timeUnixNano: nano(startMs + (from + tick) * 15_000),
      asDouble: 100 + ((metric * 31 + at * 17 + from + tick) % 50),
    }))
    return { name: `bench.gauge.${metric}`, gauge: { dataPoints: points } }
  })
}

async function untilReadable(url: string, spans: number): Promise<void> {
  const endMs = Date.now() + patienceMs
  const body = { signal: 'traces', time_range: { relative: '7d' }, aggregations: [{ function: 'count' }] }
  while (Date.now() < endMs) {
    const answer = await fetch(`${url}/api/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { matched } = (await answer.json()) as { matched?: number }
    if (matched !== undefined && matched >= spans) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error(`${spans} spans were sent and cannot all be read after ${patienceMs} ms`)
}
