import { compressSync } from 'snappy'
import { WireWriter } from '../ingest/wire-writer.ts'
import { type DataShape, labelsOf, sampleValue, seriesAt, tickMs, ticksOf } from './query-data.ts'

/** Series of one request, and ticks: a Prometheus takes samples in order of time only. */
const seriesPerRequest = 500
const ticksPerRequest = 8

/** Sends all samples to a Prometheus that receives remote_write. */
export async function loadPrometheus(url: string, shape: DataShape): Promise<void> {
  const ticks = ticksOf(shape)
  for (let tick = 0; tick < ticks; tick += ticksPerRequest) {
    const series = [...seriesAt(shape, tick)]
    const requests: Promise<void>[] = []
    for (let at = 0; at < series.length; at += seriesPerRequest) {
      requests.push(send(url, body(shape, series.slice(at, at + seriesPerRequest), tick)))
      if (requests.length >= 4) await Promise.all(requests.splice(0))
    }
    await Promise.all(requests)
  }
}

function body(shape: DataShape, series: readonly number[], firstTick: number): Buffer {
  const startMs = shape.endMs - (ticksOf(shape) - 1) * tickMs
  const writer = new WireWriter()
  for (const one of series)
    writer.nested(1, () => {
      for (const [name, value] of labelsOf(one))
        writer.nested(1, () => {
          writer.text(1, name)
          writer.text(2, value)
        })
      for (let tick = firstTick; tick < firstTick + ticksPerRequest; tick += 1)
        writer.nested(2, () => {
          writer.bytes.writeDoubleLE(sampleValue(one, tick), writer.fixed64(1))
          writer.number(2, startMs + tick * tickMs)
        })
    })
  return writer.finish()
}

async function send(url: string, message: Buffer): Promise<void> {
  const answer = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: compressSync(message),
  })
  if (!answer.ok) throw new Error(`the other server refused samples: ${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}
