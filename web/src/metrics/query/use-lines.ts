import { useEffect, useMemo, useRef, useState } from 'react'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { type Expression, freeLetter, readExpressions, writeExpressions } from '../expressions.ts'

const first: Expression = { letter: 'A', kind: 'query', text: '', isHidden: false }

/** Milliseconds after the last letter at which what is typed goes into the address: a reload keeps it. */
const saveAfterMs = 400

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
  const { e, d } = useAddress()
  const change = useChangeAddress()
  const key = JSON.stringify(e ?? [])
  const lines = useMemo(() => {
    const read = readExpressions(JSON.parse(key) as string[])
    return read.length === 0 ? [first] : read
  }, [key])
  // Not in the state: a letter typed must not draw the page anew. Lines that changed come with their own drafts.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address follows what is typed, not the other way
  const drafts = useMemo(() => draftsOf(d), [key])
  const current = () => lines.map((line) => ({ ...line, text: drafts.get(line.letter) ?? line.text }))
  const isOther = () => current().some((line, at) => line.text !== lines[at].text)
  const [isChanged, setChanged] = useState(isOther)
  const saving = useRef<ReturnType<typeof setTimeout>>(undefined)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address that changed replaces what was typed
  useEffect(() => {
    setChanged(isOther())
    return () => clearTimeout(saving.current)
  }, [key])
  const write = (next: readonly Expression[]) => {
    clearTimeout(saving.current)
    change({ e: writeExpressions(next), d: undefined, sel: undefined, fold: undefined })
  }
  return {
    ...{ lines, isChanged, current },
    onText(letter, text) {
      drafts.set(letter, text)
      if (isOther() !== isChanged) setChanged(!isChanged)
      clearTimeout(saving.current)
      saving.current = setTimeout(() => change({ d: draftEntries(current(), lines) }, 'replace'), saveAfterMs)
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

/** What is typed and not run, as it stands in the address: `A:rate(hits_total[5m])`. */
function draftEntries(typed: readonly Expression[], run: readonly Expression[]): string[] {
  return typed.flatMap(({ letter, text }, at) => (text === run[at].text ? [] : [`${letter}:${text}`]))
}

function draftsOf(entries: readonly string[] | undefined): Map<string, string> {
  const found = (entries ?? []).flatMap((entry) => {
    const [, letter, text] = /^([A-Z]):(.*)$/s.exec(entry) ?? []
    return letter === undefined ? [] : [[letter, text] as const]
  })
  return new Map(found)
}
