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

export const useView = create<View>(() => ({ nowMs: Date.now(), isLive: false, crosshairMs: null }))

/** `now` is now, or the given moment: relative ranges move on, absolute ones are asked again. */
export function refreshNow(): void {
  moveTo(Date.now())
}

export function moveTo(nowMs: number): void {
  useView.setState({ nowMs })
}

export function pointAt(crosshairMs: number | null): void {
  if (useView.getState().crosshairMs !== crosshairMs) useView.setState({ crosshairMs })
}

/** A live view moves on when rows have become readable (api/live-link.ts). */
export function setLive(isLive: boolean): void {
  useView.setState({ isLive, ...(isLive ? { nowMs: Date.now() } : {}) })
}
