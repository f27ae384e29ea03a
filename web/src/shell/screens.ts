import type { IconName } from './icons.tsx'

/** Screens that exist; a screen that is not built is not here, and so nowhere linked. */
export interface Screen {
  readonly id: 'home' | 'services' | 'traces' | 'metrics' | 'data' | 'gallery'
  readonly word: string
  readonly icon: IconName
  /** Second key of `g …`. */
  readonly key: string
  readonly place: 'top' | 'bottom'
}

export const screens: readonly Screen[] = [
  { id: 'home', word: 'Home', icon: 'home', key: 'h', place: 'top' },
  { id: 'services', word: 'Services', icon: 'services', key: 's', place: 'top' },
  { id: 'traces', word: 'Traces', icon: 'traces', key: 't', place: 'top' },
  { id: 'metrics', word: 'Metrics', icon: 'metrics', key: 'm', place: 'top' },
  ...(__GALLERY__
    ? ([{ id: 'gallery', word: 'Gallery', icon: 'gallery', key: 'y', place: 'top' }] as const)
    : ([] as const)),
  { id: 'data', word: 'Data', icon: 'data', key: 'i', place: 'bottom' },
]
