import type { ComponentType } from 'react'

/** Content of a side panel of one kind; `id` is what stands behind `kind:` in the address. */
export interface SidePanelKind {
  readonly word: string
  readonly body: ComponentType<{ readonly id: string }>
}

const kinds = new Map<string, SidePanelKind>()

/** Makes a kind known; called once by the module that owns it. */
export function registerSidePanel(kind: string, panel: SidePanelKind): void {
  kinds.set(kind, panel)
}

/** The panel that an entry of the stack names; null where its kind is not known. */
export function sidePanelOf(entry: string): { kind: SidePanelKind; id: string } | null {
  const at = entry.indexOf(':')
  const kind = kinds.get(entry.slice(0, at))
  return at < 0 || kind === undefined ? null : { kind, id: entry.slice(at + 1) }
}
