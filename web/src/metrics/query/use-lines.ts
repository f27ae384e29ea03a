import { useEffect, useMemo, useRef, useState } from 'react'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { type Expression, freeLetter, readExpressions, writeExpressions } from '../expressions.ts'

const first: Expression = { letter: 'A', kind: 'query', text: '', isHidden: false }

/** The lines of the query page: what the address says was run, and what is typed since. */
export interface Lines {
  /** As run. */
  readonly lines: readonly Expression[]
  /** Something is typed that was not run. */
  readonly isChanged: boolean
  /** With what is typed since. */
  readonly current: () => readonly Expression[]
  readonly onText: (letter: string, text: string) => void
  /** Puts what is typed into the address; false where it stands there already. */
  readonly run: () => boolean
  readonly add: (kind: Expression['kind'], text?: string) => void
  readonly remove: (letter: string) => void
  readonly toggle: (letter: string) => void
  /** Puts a text into a line and runs it. */
  readonly replace: (letter: string, text: string) => void
}

export function useLines(): Lines {
  const { e } = useAddress()
  const change = useChangeAddress()
  const key = JSON.stringify(e ?? [])
  const lines = useMemo(() => {
    const read = readExpressions(JSON.parse(key) as string[])
    return read.length === 0 ? [first] : read
  }, [key])
  // Not in the state: a letter typed must not draw the page anew.
  const drafts = useRef(new Map<string, string>())
  const [isChanged, setChanged] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address that changed replaces what was typed
  useEffect(() => {
    drafts.current.clear()
    setChanged(false)
  }, [key])
  const current = () => lines.map((line) => ({ ...line, text: drafts.current.get(line.letter) ?? line.text }))
  const write = (next: readonly Expression[]) => change({ e: writeExpressions(next), sel: undefined, fold: undefined })
  return {
    ...{ lines, isChanged, current },
    onText(letter, text) {
      drafts.current.set(letter, text)
      const isOther = current().some((line, at) => line.text !== lines[at].text)
      if (isOther !== isChanged) setChanged(isOther)
    },
    run() {
      const next = current()
      if (JSON.stringify(writeExpressions(next)) === key) return false
      write(next)
      return true
    },
    add(kind, text = '') {
      const letter = freeLetter(lines)
      if (letter !== null) write([...current(), { letter, kind, text, isHidden: false }])
    },
    remove: (letter) => write(current().filter((line) => line.letter !== letter)),
    toggle: (letter) =>
      write(current().map((line) => (line.letter === letter ? { ...line, isHidden: !line.isHidden } : line))),
    replace: (letter, text) => write(current().map((line) => (line.letter === letter ? { ...line, text } : line))),
  }
}
