import { packed } from '../../../server/decode/wire/msgpack-writer.ts'
import type { Load } from '../load.ts'
import { microOf, nanoOf, randomId, recordsPerRequest, shopLines, shopSeries } from '../shop-records.ts'

/*
 * Loads that go over a TCP connection. What the server has read from the connection counts as acknowledged, as senders
 * of these protocols get no answer; Fluent's gets one.
 */

const severities = { INFO: 6, WARN: 4, ERROR: 3 }

/** A load for the listener of that name. */
function streamLoad(name: string, path: string, next: Load['next']): Load {
  return { name, path, transport: 'tcp', headers: {}, recordsPerRequest, next }
}

/** A load with a line per record. */
function lineLoad<T>(
  about: { name: string; path: string },
  lists: () => readonly T[],
  line: (record: T, i: number, nowMs: number) => string,
): Load {
  const text = (nowMs: number): string =>
    lists()
      .map((record, i) => `${line(record, i, nowMs)}\n`)
      .join('')
  return streamLoad(about.name, about.path, (nowMs) => Buffer.from(text(nowMs)))
}

export const syslogLoad = (): Load =>
  lineLoad({ name: 'syslog over TCP', path: 'syslog' }, shopLines(), (record, i, nowMs) => {
    const { origin, level, body, attributes, hasTrace } = record
    const time = new Date(microOf(nowMs, i) / 1000).toISOString()
    const data = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`)
    const trace = hasTrace ? ` trace_id="${randomId(16).toString('hex')}"` : ''
    const head = `<${16 * 8 + severities[level]}>1 ${time} ${origin.host} ${origin.service} 17 -`
    return `${head} [shop@32473${data.join('')}${trace}] ${body}`
  })

export const graphiteLoad = (): Load => {
  let value = 0
  return lineLoad({ name: 'Graphite', path: 'graphite' }, shopSeries(), ({ name, labels }, _i, nowMs) => {
    const tags = Object.entries(labels).map(([key, text]) => `;${key}=${text}`)
    return `${name}${tags.join('')} ${value++ % 100_000} ${Math.floor(nowMs / 1000)}`
  })
}

/** Counters of DogStatsD; the server adds them up, so that fewer samples are stored than are sent. */
export const statsdLoad = (): Load =>
  lineLoad({ name: 'StatsD over TCP', path: 'statsd' }, shopSeries(), ({ name, labels }, i) => {
    const tags = Object.entries(labels).map(([key, text]) => `${key}:${text}`)
    return `${name}:${1 + (i % 7)}|c|#${tags.join(',')}`
  })

export function fluentLoad(): Load {
  const lists = shopLines()
  let chunk = 0
  return streamLoad('Fluent forward', 'fluent', (nowMs) => {
    const entries = lists().map(({ origin, level, body, attributes, hasTrace }, i) => {
      const time = Buffer.alloc(10)
      time[0] = 0xd7
      const nano = nanoOf(nowMs, i)
      time.writeUInt32BE(Number(nano / 1_000_000_000n), 2)
      time.writeUInt32BE(Number(nano % 1_000_000_000n), 6)
      const record = {
        log: body,
        level,
        service: origin.service,
        ...attributes,
        kubernetes: { pod_name: origin.pod, namespace_name: 'shop', host: origin.host },
        ...(hasTrace ? { trace_id: randomId(16).toString('hex') } : {}),
      }
      return Buffer.concat([Buffer.from([0x92]), time, packed(record)])
    })
    const options = packed({ size: entries.length, chunk: `c${chunk++}` })
    return Buffer.concat([Buffer.from([0x93]), packed('shop.app'), packed(Buffer.concat(entries)), options])
  })
}
