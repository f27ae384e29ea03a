import { randomFillSync } from 'node:crypto'
import type { Load } from './load.ts'
import { idsGivenBy } from './shop-records.ts'

/** Bodies made beforehand: twice through the 10,000 series. */
const bodyCount = 20
const halfBytes = 8
/** Ids stand in the order in which they were given out: one is looked for among so many bytes behind the one before. */
const windowBytes = 16_384

/** A body, and where what changes from request to request stands in it. */
interface Body {
  readonly bytes: Buffer
  /** By half of an id: where it stands, as bytes and as text in hex. */
  readonly halves: readonly { readonly raw: readonly number[]; readonly hex: readonly number[] }[]
  readonly times: readonly number[]
}

/**
 * A load whose bodies are made beforehand and then sent in turn with new ids, so that the sender is faster than the server:
 * with few records a second all that a server does once a second counts more. `timeText`: how samples write their time, in
 * digits of one length; it is set anew as well. Without it records keep the times of the start.
 */
export function recycled(load: Load, timeText?: (nowMs: number) => string): Load {
  let bodies: readonly Body[] | null = null
  let index = 0
  return {
    ...load,
    next(nowMs) {
      bodies ??= Array.from({ length: bodyCount }, () => bodyOf(load, nowMs, timeText))
      const body = bodies[index++ % bodyCount]
      renew(body)
      const text = timeText?.(nowMs)
      if (text !== undefined) for (const at of body.times) body.bytes.write(text, at, 'latin1')
      return body.bytes
    },
  }
}

function bodyOf(load: Load, nowMs: number, timeText?: (nowMs: number) => string): Body {
  const { made, ids } = idsGivenBy(() => Buffer.from(load.next(nowMs)))
  let from = 0
  const halves = ids.flatMap((id) => {
    const parts = Array.from({ length: id.length / halfBytes }, (_, i) =>
      id.subarray(i * halfBytes, (i + 1) * halfBytes),
    )
    const places = parts.map((half) => ({
      raw: placesOf(made, half, from),
      hex: placesOf(made, Buffer.from(half.toString('hex')), from),
    }))
    const found = places.flatMap(({ raw, hex }) => [...raw, ...hex])
    if (found.length > 0) from = Math.min(...found)
    return places
  })
  return {
    bytes: made,
    halves,
    times: timeText === undefined ? [] : placesOf(made, Buffer.from(timeText(nowMs)), 0, made.length),
  }
}

/** Where the wanted bytes stand among the next of the body. */
function placesOf(bytes: Buffer, wanted: Buffer, from: number, most = windowBytes): number[] {
  const window = bytes.subarray(from, from + most)
  const places: number[] = []
  for (let at = window.indexOf(wanted); at >= 0; at = window.indexOf(wanted, at + 1)) places.push(from + at)
  return places
}

const random = Buffer.alloc(halfBytes * 4096)
const digits = Buffer.from('0123456789abcdef')

function renew({ bytes, halves }: Body): void {
  randomFillSync(random)
  halves.forEach(({ raw, hex }, i) => {
    const at = (i * halfBytes) % random.length
    for (const place of raw) random.copy(bytes, place, at, at + halfBytes)
    for (const place of hex)
      for (let k = 0; k < halfBytes; k++) {
        bytes[place + 2 * k] = digits[random[at + k] >> 4]
        bytes[place + 2 * k + 1] = digits[random[at + k] & 15]
      }
  })
}
