/** A trace of any size, as OTLP: a tree of services with repeats, errors and one long wait; and how it is sent. */
export interface BigTrace {
  readonly traceId: string
  readonly spans: number
  /** Unix milliseconds at which it begins. */
  readonly startMs: number
}

const services = ['gateway', 'checkout', 'inventory', 'payment', 'shipping', 'notification'] as const
/** Spans of one request: below a megabyte. */
const batch = 1500
/** Children of a span with children, and repeats among them. */
const fan = 24
const repeats = 8

/** Sends the trace in requests of a few thousand spans. Every service has its own resource. */
export async function sendBigTrace(url: string, trace: BigTrace): Promise<void> {
  for (let from = 0; from < trace.spans; from += batch) {
    const answer = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestOf(trace, from, Math.min(from + batch, trace.spans))),
    })
    if (!answer.ok) throw new Error(`spans were answered with ${answer.status}: ${await answer.text()}`)
  }
}

/** The id of a span by its place in the trace. */
export function bigSpanId(at: number): string {
  return (0x10000000 + at).toString(16).padStart(16, '0')
}

function requestOf(trace: BigTrace, from: number, to: number) {
  const byService = new Map<string, object[]>()
  for (let at = from; at < to; at += 1) {
    const service = services[depthOf(at) % services.length]
    const list = byService.get(service) ?? []
    byService.set(service, list)
    list.push(spanOf(trace, at))
  }
  return {
    resourceSpans: [...byService].map(([service, spans]) => ({
      resource: { attributes: [text('service.name', service), text('service.instance.id', `${service}-1`)] },
      scopeSpans: [{ spans }],
    })),
  }
}

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

/** Spans are numbered level by level: the parent of a span is found without keeping a tree. */
const parentOf = (at: number) => Math.floor((at - 1) / fan)
function depthOf(at: number): number {
  let depth = 0
  for (let up = at; up > 0; up = parentOf(up)) depth += 1
  return depth
}

/** Milliseconds from the start of the trace to a span's own, and its length; children lie inside their parent. */
function timesOf(at: number): { fromMs: number; lengthMs: number } {
  if (at === 0) return { fromMs: 0, lengthMs: 60_000 }
  const parent = timesOf(parentOf(at))
  const place = (at - 1) % fan
  return { fromMs: parent.fromMs + (parent.lengthMs * (place + 0.05)) / fan, lengthMs: (parent.lengthMs * 0.9) / fan }
}

function spanOf({ traceId, startMs }: BigTrace, at: number) {
  const { fromMs, lengthMs } = timesOf(at)
  const place = at === 0 ? 0 : (at - 1) % fan
  const nano = (ms: number) => `${BigInt(Math.round(startMs)) * 1_000_000n + BigInt(Math.round(ms * 1_000_000))}`
  const name = place < repeats ? 'SELECT stock' : `operation ${place}`
  return {
    ...{ traceId, spanId: bigSpanId(at), name: at === 0 ? 'POST /api/batch' : name, kind: at === 0 ? 2 : 1 },
    ...(at === 0 ? {} : { parentSpanId: bigSpanId(parentOf(at)) }),
    ...{ startTimeUnixNano: nano(fromMs), endTimeUnixNano: nano(fromMs + lengthMs) },
    ...(at % 4999 === 4998 ? { status: { code: 2, message: 'timed out' } } : {}),
    attributes: [
      text('batch.item', String(at)),
      text('db.system.name', 'postgresql'),
      text('thread.name', `worker-${at % 16}`),
    ],
  }
}
