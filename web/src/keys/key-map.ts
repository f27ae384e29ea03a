import { useEffect, useRef } from 'react'
import { useSettings } from '../state/settings.ts'

/** One key or sequence and what it does. `mod` is ⌘ on Apple systems and Ctrl elsewhere. */
export interface KeyBinding {
  /** `mod+k`, `shift+Escape`, `g s`, `[`, `ArrowLeft`. */
  readonly keys: string
  readonly words: string
  readonly group: 'everywhere' | 'lists' | 'trace' | 'charts'
  readonly run: () => void
}

/** Milliseconds within which the second key of a sequence must follow. */
const sequenceMs = 1200

const active: (readonly KeyBinding[])[] = []

/** All bindings that work now, the innermost screen first. */
export function activeBindings(): readonly KeyBinding[] {
  return active.toReversed().flat()
}

/** Makes the bindings work while the component is there; later ones win over earlier ones. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings)
  latest.current = bindings
  useEffect(() => {
    // A stable list whose entries look up the newest function: the order of screens must not change on each render.
    const own = latest.current.map((binding, at) => ({ ...binding, run: () => latest.current[at]?.run() }))
    active.push(own)
    return () => {
      active.splice(active.indexOf(own), 1)
    }
  }, [])
}

let prefix = ''
let prefixMs = 0

/** Listens for keys once for the whole app. */
export function listenForKeys(): void {
  document.addEventListener('keydown', onKey)
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const pressed = nameOf(event)
  if (pressed === null) return
  const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey
  if (isLetter && (isTyping(event.target) || !useSettings.getState().hasLetterKeys)) return
  if (pressed !== 'Escape' && pressed !== 'shift+Escape' && pressed !== 'mod+k' && isInDialog()) return
  const whole = Date.now() - prefixMs < sequenceMs && prefix !== '' ? `${prefix} ${pressed}` : pressed
  const bindings = activeBindings()
  const found = bindings.find(({ keys }) => keys === whole) ?? bindings.find(({ keys }) => keys === pressed)
  prefix = bindings.some(({ keys }) => keys.startsWith(`${pressed} `)) ? pressed : ''
  prefixMs = Date.now()
  if (found === undefined) return
  prefix = ''
  event.preventDefault()
  found.run()
}

/** The pressed key with its modifiers; null for modifiers alone and for keys of the browser. */
export function nameOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string | null {
  if (['Control', 'Meta', 'Alt', 'Shift'].includes(event.key)) return null
  const isModified = event.ctrlKey || event.metaKey
  const letter = /^[A-Z]$/.test(event.key) ? event.key.toLowerCase() : event.key
  const hasShift = event.shiftKey && (event.key.length > 1 || letter !== event.key)
  return `${isModified ? 'mod+' : ''}${event.altKey ? 'alt+' : ''}${hasShift ? 'shift+' : ''}${letter}`
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** A dialog is open: keys of the screen below must not act. */
function isInDialog(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null
}

const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)
const shown: Record<string, string> = { Escape: 'Esc', ArrowLeft: '←', ArrowRight: '→', Enter: '↵', ' ': 'space' }

/** Keys as caps to print: `mod+k` → `⌘K` or `Ctrl K`; a sequence has several. */
export function capsOf(keys: string): string[] {
  return keys.split(' ').map((key) => {
    const parts = key.split('+')
    const main = parts[parts.length - 1]
    const isModified = parts.includes('mod')
    const cap = shown[main] ?? (isModified ? main.toUpperCase() : main)
    return `${isModified ? (isApple ? '⌘' : 'Ctrl ') : ''}${parts.includes('alt') ? '⌥' : ''}${parts.includes('shift') ? '⇧' : ''}${cap}`
  })
}
