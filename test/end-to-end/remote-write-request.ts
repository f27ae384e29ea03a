import { compressSync } from 'snappy'
import { WireWriter } from '../../bench/ingest/wire-writer.ts'

export interface SentSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Unix ms and value. */
  readonly samples: readonly (readonly [timestampMs: number, value: number])[]
}

/** A remote_write 1.0 request, written from its specification and sharing no code with what reads it. */
function encodeRemoteWrite(series: readonly SentSeries[]): Buffer {
  const wire = new WireWriter()
  for (const { labels, samples } of series)
    wire.nested(1, () => {
      for (const name of Object.keys(labels).sort())
        wire.nested(1, () => {
          wire.text(1, name)
          wire.text(2, labels[name])
        })
      for (const [timestampMs, value] of samples)
        wire.nested(2, () => {
          const at = wire.fixed64(1)
          wire.bytes.writeDoubleLE(value, at)
          wire.number(2, timestampMs)
        })
    })
  return compressSync(wire.finish())
}

export function sendRemoteWrite(url: string, series: readonly SentSeries[]): Promise<Response> {
  return fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(encodeRemoteWrite(series)),
  })
}
