import { lazy, Suspense, useSyncExternalStore } from 'react'
import type { QueryEditorProps } from '../editor/editor-props.ts'

/** The editor's code comes when the first editor is shown. */
const PromqlEditor = lazy(async () => ({ default: (await import('../editor/promql-editor.tsx')).PromqlEditor }))

/** A field for a query: an editor, and on a phone and until the editor is there a plain field that can do the same. */
export function QueryEditor(props: QueryEditorProps) {
  const isNarrow = useNarrow()
  if (isNarrow) return <PlainField {...props} />
  return (
    <Suspense fallback={<PlainField {...props} />}>
      <PromqlEditor {...props} />
    </Suspense>
  )
}

function PlainField({ label, text, typed, fault, onText, onRun }: QueryEditorProps) {
  return (
    <textarea
      key={text}
      className="query-code plain"
      aria-label={label}
      aria-invalid={fault !== null}
      rows={Math.min(6, Math.max(1, text.split('\n').length, Math.ceil(text.length / charactersOfLine)))}
      spellCheck={false}
      autoCapitalize="off"
      placeholder="PromQL"
      defaultValue={typed()}
      onChange={(event) => onText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        onRun()
      }}
    />
  )
}

/** Characters that a line of the narrowest phone holds, and a little less. */
const charactersOfLine = 28

const narrow = '(max-width: 599px)'

function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(narrow)
      media.addEventListener('change', changed)
      return () => media.removeEventListener('change', changed)
    },
    () => matchMedia(narrow).matches,
  )
}
