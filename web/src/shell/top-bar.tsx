import { refreshNow, setLive, useView } from '../state/view-store.ts'
import { useCopyLink } from './copy-link.ts'
import { Icon } from './icons.tsx'
import { ScopeFilters } from './scope-filters.tsx'
import { ScreenLink } from './screen-link.tsx'
import { TimeControl } from './time-control.tsx'
import { useTitle } from './title.ts'

/** Where one is, what is filtered, when: the same on every screen. */
export function TopBar({ onSearch }: { onSearch: () => void }) {
  const { title, parents } = useTitle()
  return (
    <header className="topbar">
      <div className="crumb">
        {parents.map(({ word, to }) => (
          <span key={to} className="row wide-only">
            <ScreenLink to={to} className="t2 m">
              {word}
            </ScreenLink>
            <span className="t3" aria-hidden="true">
              /
            </span>
          </span>
        ))}
        <h1>{title}</h1>
      </div>
      <ScopeFilters />
      <span className="grow" />
      <SearchButton onSearch={onSearch} />
      <TimeControl />
      <button
        type="button"
        className="btn icon wide-only"
        onClick={refreshNow}
        title="Ask again"
        aria-label="Ask again"
      >
        <Icon name="refresh" />
      </button>
      <LiveSwitch />
      <CopyLink />
    </header>
  )
}

function SearchButton({ onSearch }: { onSearch: () => void }) {
  return (
    <button type="button" className="btn search-button" onClick={onSearch}>
      <Icon name="search" />
      <span className="t3 search-words">Search, go to…</span>
      <span className="kbd search-words">⌘K</span>
    </button>
  )
}

function LiveSwitch() {
  const isLive = useView((view) => view.isLive)
  return (
    <label className="btn wide-only">
      <span className="t2">Live</span>
      <input
        type="checkbox"
        role="switch"
        className="tog"
        checked={isLive}
        aria-checked={isLive}
        onChange={(event) => setLive(event.target.checked)}
      />
    </label>
  )
}

function CopyLink() {
  const copy = useCopyLink()
  return (
    <button
      type="button"
      className="btn icon wide-only"
      title="Copy link with absolute times (y)"
      aria-label="Copy link with absolute times"
      onClick={copy}
    >
      <Icon name="link" />
    </button>
  )
}
