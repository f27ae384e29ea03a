/** Milliseconds of one frame that are spent on new pictures; the rest of the queue waits for the next one. */
const sliceMs = 8

const waiting = new Set<() => void>()
const channel = new MessageChannel()
let isAsked = false

/**
 * Runs the work after the next frame is on the screen, in order, a few milliseconds of each frame: a page with many
 * charts shows its frame first and never stands still for all of them. Gives back what takes the work out again.
 */
export function drawSoon(work: () => void): () => void {
  waiting.add(work)
  ask()
  return () => {
    waiting.delete(work)
  }
}

function ask(): void {
  if (isAsked || waiting.size === 0) return
  isAsked = true
  // A message that is sent within a frame comes after that frame is painted.
  requestAnimationFrame(() => channel.port2.postMessage(null))
}

channel.port1.onmessage = () => {
  isAsked = false
  const endMs = performance.now() + sliceMs
  for (const work of waiting) {
    waiting.delete(work)
    work()
    if (performance.now() >= endMs) break
  }
  ask()
}
