import Popover from '@mui/material/Popover'
import { type FormEvent, useState } from 'react'
import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { Icon } from './icons.tsx'
import { readScopeFilter } from './scope-filter.ts'

/** Filters for every signal: chips, and a field to add one. Folded into a count below 1440 px. */
export function ScopeFilters() {
  const filters = useAddress().f ?? []
  const change = useChangeAddress()
  const [anchor, setAnchor] = useState<Element | null>(null)
  const remove = (gone: string) => change({ f: filters.filter((filter) => filter !== gone) })
  return (
    <div className="row scope" style={{ marginLeft: 8 }}>
      {filters.map((filter) => (
        <ScopeChip key={filter} filter={filter} onRemove={() => remove(filter)} />
      ))}
      {filters.length > 0 && (
        <button type="button" className="chip scope-count" onClick={(event) => setAnchor(event.currentTarget)}>
          {filters.length} {filters.length === 1 ? 'filter' : 'filters'}
        </button>
      )}
      <button type="button" className="chip line wide-only" onClick={(event) => setAnchor(event.currentTarget)}>
        <Icon name="plus" size={12} /> Filter
      </button>
      <Popover
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
        slotProps={{ paper: { role: 'dialog', 'aria-label': 'Filters for every signal' } }}
      >
        <div className="col" style={{ gap: 12, padding: 16, width: 340 }}>
          {filters.length > 0 && (
            <div className="row wrap">
              {filters.map((filter) => (
                <ScopeChip key={filter} filter={filter} onRemove={() => remove(filter)} />
              ))}
            </div>
          )}
          <AddFilter
            onAdd={(filter) => {
              if (!filters.includes(filter)) change({ f: [...filters, filter] })
              setAnchor(null)
            }}
          />
        </div>
      </Popover>
    </div>
  )
}

function ScopeChip({ filter, onRemove }: { filter: string; onRemove: () => void }) {
  const read = readScopeFilter(filter)
  return (
    <span
      className={`chip scope-chip${read === null ? ' neg' : ''}`}
      title={read === null ? 'Not a filter' : undefined}
    >
      {read === null ? (
        filter
      ) : (
        <>
          <span className="k">{read.field}</span> {read.value}
        </>
      )}
      <button type="button" onClick={onRemove} aria-label={`Remove the filter ${filter}`}>
        <Icon name="close" size={12} />
      </button>
    </span>
  )
}

function AddFilter({ onAdd }: { onAdd: (filter: string) => void }) {
  const [text, setText] = useState('')
  const isFilter = readScopeFilter(text) !== null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isFilter) onAdd(text.trim())
  }
  return (
    <form onSubmit={submit}>
      <label className="lab" htmlFor="scope-filter">
        Field and value, for every signal
      </label>
      <div className="row">
        <span className="inp grow code">
          <input
            id="scope-filter"
            // biome-ignore lint/a11y/noAutofocus: the person has just opened this field
            autoFocus
            value={text}
            placeholder="service:checkout"
            onChange={(event) => setText(event.target.value)}
          />
        </span>
        <button type="submit" className="btn pri" disabled={!isFilter}>
          Add
        </button>
      </div>
    </form>
  )
}
