import { create } from 'zustand'

/**
 * The moment that all panels of a page agree on: `nowMs` is what `now` in the range means, so that panels that ask
 * one after the other show the same range; `crosshairMs` is the sightline through all charts.
 */
interface View {
  readonly nowMs: number
  readonly isLive: boolean
  readonly crosshairMs: number | null
}

/** Milliseconds between two moments of a live view. */
const liveEveryMs = 5000

export const useView = create<View>(() => ({ nowMs: Date.now(), isLive: false, crosshairMs: null }))

/** `now` is now: relative ranges move on, absolute ones are asked again. */
export function refreshNow(): void {
  useView.setState({ nowMs: Date.now() })
}

export function pointAt(crosshairMs: number | null): void {
  if (useView.getState().crosshairMs !== crosshairMs) useView.setState({ crosshairMs })
}

let timer: ReturnType<typeof setInterval> | undefined

/** A live view moves on every five seconds while the page is visible. */
export function setLive(isLive: boolean): void {
  clearInterval(timer)
  if (isLive)
    timer = setInterval(() => {
      if (document.visibilityState === 'visible') refreshNow()
    }, liveEveryMs)
  useView.setState({ isLive, ...(isLive ? { nowMs: Date.now() } : {}) })
}
