/** Room for samples: two arrays of one length, each over the whole of its own buffer. */
export interface SampleRoom {
  readonly times: Float64Array
  readonly values: Float64Array
}

/** Samples of a slice: those of a slot lie in `[starts[slot], ends[slot])`, in order of time, each time once. */
export interface PlacedSamples extends SampleRoom {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Samples that came, those outside of the range among them. */
  readonly total: number
}

/** Rooms that wait for their next use, and samples up to which one is kept. */
const maxFree = 3
const maxKeptSamples = 4_000_000
const free: SampleRoom[] = []

/**
 * Room for so many samples or more, its contents undefined: taking it from the system would cost as much as filling it.
 * Shared memory: threads hand it to each other, and V8 counts it for none of them (it collects a thread's whole heap for
 * every 64 MiB that come to it otherwise).
 */
export function takeRoom(samples: number): SampleRoom {
  const fitting = free.findIndex(({ times }) => times.length >= samples)
  if (fitting >= 0) return free.splice(fitting, 1)[0]
  const bytes = 8 * Math.max(4096, samples)
  return {
    times: new Float64Array(new SharedArrayBuffer(bytes)),
    values: new Float64Array(new SharedArrayBuffer(bytes)),
  }
}

/** Gives room back that no one looks at any more. */
export function giveRoom({ times, values }: SampleRoom): void {
  if (times.length > maxKeptSamples) return
  free.push({ times, values })
  if (free.length <= maxFree) return
  free.sort((a, b) => b.times.length - a.times.length)
  free.length = maxFree
}

/** Samples of one series up to a time, as views into the room. */
export function samplesOf(
  { times, values, starts, ends }: PlacedSamples,
  slot: number,
  endMs: number,
): { times: Float64Array; values: Float64Array } {
  const start = starts[slot]
  let end = ends[slot]
  while (end > start && times[end - 1] > endMs) end -= 1
  return { times: times.subarray(start, end), values: values.subarray(start, end) }
}
