import { create } from 'zustand'
import { readStars, type Stars } from './stars.ts'

/** What a person chose for this browser; never part of an address. */
interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly density: 'standard' | 'compact'
  /** Keys of one letter; WCAG 2.1.4 asks for a way to switch them off. */
  readonly hasLetterKeys: boolean
  readonly sideWidth: number
  readonly stars: Stars
}

const storageKey = 'sightline.settings'
const initial: Settings = { theme: 'system', density: 'standard', hasLetterKeys: true, sideWidth: 560, stars: {} }

export const useSettings = create<Settings>(() => ({ ...initial, ...stored() }))

export function changeSettings(change: Partial<Settings>): void {
  useSettings.setState(change)
  try {
    localStorage.setItem(storageKey, JSON.stringify(useSettings.getState()))
  } catch {
    // A browser that keeps nothing still shows the change for this visit.
  }
}

/** Keeps the theme and density of the document as chosen; `system` follows the operating system. */
export function applySettings(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const { theme, density } = useSettings.getState()
    const { dataset } = document.documentElement
    dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme
    dataset.density = density
  }
  apply()
  useSettings.subscribe(apply)
  dark.addEventListener('change', apply)
  // Another tab changed them: without this, the next change here would undo it.
  addEventListener('storage', ({ key }) => {
    if (key === storageKey) useSettings.setState({ ...initial, ...stored() })
  })
}

function stored(): Partial<Settings> {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
    if (typeof read !== 'object' || read === null) return {}
    const { theme, density, hasLetterKeys, sideWidth, stars } = read as Record<string, unknown>
    return {
      ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
      ...(density === 'compact' ? { density } : {}),
      ...(hasLetterKeys === false ? { hasLetterKeys } : {}),
      ...(typeof sideWidth === 'number' ? { sideWidth } : {}),
      stars: readStars(stars),
    }
  } catch {
    return {}
  }
}
