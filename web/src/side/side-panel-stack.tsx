import { type CSSProperties, type PointerEvent, useEffect, useRef } from 'react'
import { useKeys } from '../keys/key-map.ts'
import { Icon } from '../shell/icons.tsx'
import { changeSettings, useSettings } from '../state/settings.ts'
import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { sidePanelOf } from './panel-kinds.ts'

const narrowest = 400
/** Share of the window that the panel may take. */
const widest = 0.6

/** The stack of side panels from the address; the innermost is shown, with the way back to the others. */
export function SidePanelStack() {
  const stack = (useAddress().panel ?? []).filter((entry) => sidePanelOf(entry) !== null)
  const change = useChangeAddress()
  const keep = (count: number) => change({ panel: stack.slice(0, count) })
  useKeys([
    {
      keys: 'Escape',
      words: 'Close the side panel',
      group: 'everywhere',
      run: () => stack.length > 0 && keep(stack.length - 1),
    },
    {
      keys: 'shift+Escape',
      words: 'Close all side panels',
      group: 'everywhere',
      run: () => stack.length > 0 && keep(0),
    },
  ])
  const top = stack.at(-1)
  const shown = top === undefined ? null : sidePanelOf(top)
  const box = useReturnedFocus(top)
  const width = useSettings(({ sideWidth }) => sideWidth)
  if (shown === null) return null
  const Body = shown.kind.body
  return (
    <aside
      ref={box}
      className="side"
      tabIndex={-1}
      aria-label={`${shown.kind.word} ${shown.id}`}
      style={{ '--side-w': `${width}px` } as CSSProperties}
    >
      <Grip />
      <div className="side-head row sm">
        <nav className="row grow ell" aria-label="Open panels">
          {stack.map((entry, at) => {
            const panel = sidePanelOf(entry)
            const words = `${panel?.kind.word} ${shorten(panel?.id ?? '')}`
            return at === stack.length - 1 ? (
              <span key={entry} className="m ell" aria-current="true">
                {words}
              </span>
            ) : (
              <button key={entry} type="button" className="lnk" onClick={() => keep(at + 1)}>
                {words} ›
              </button>
            )
          })}
        </nav>
        <button
          type="button"
          className="btn small icon ghost"
          aria-label="Close the panel"
          onClick={() => keep(stack.length - 1)}
        >
          <Icon name="close" />
        </button>
      </div>
      <Body key={top} id={shown.id} />
    </aside>
  )
}

/** Puts the focus into a panel that opens and back to where it was when the last one closes. */
function useReturnedFocus(top: string | undefined) {
  const box = useRef<HTMLElement>(null)
  const before = useRef<Element | null>(null)
  useEffect(() => {
    if (top === undefined) {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus()
      before.current = null
      return
    }
    before.current ??= document.activeElement
    // Lists below keep the focus, so that j and k move through them while the panel follows.
    if (document.activeElement?.closest('[role="grid"], [role="treegrid"]') === null)
      box.current?.focus({ preventScroll: true })
  }, [top])
  return box
}

function Grip() {
  const resize = (event: PointerEvent) => {
    if (event.buttons !== 1) return
    const width = window.innerWidth - event.clientX
    changeSettings({ sideWidth: Math.round(Math.min(Math.max(width, narrowest), window.innerWidth * widest)) })
  }
  return (
    <div
      className="side-grip"
      aria-hidden="true"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={resize}
    />
  )
}

function shorten(id: string): string {
  return /^[0-9a-f]{16,}$/.test(id) ? id.slice(0, 8) : id
}
