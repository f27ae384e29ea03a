import { useMemo, useState } from 'react'
import type { MetricFamily } from '../../../../contract/index.ts'
import { formatCount } from '../../format/number.ts'
import { Icon } from '../../shell/icons.tsx'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { type Prefix, prefixTree } from './prefix-tree.ts'

interface MetricFacetsProps {
  readonly families: readonly MetricFamily[]
  readonly found: readonly MetricFamily[]
}

/** Types and prefixes with counts; a click narrows the list, a second one widens it again. */
export function MetricFacets({ families, found }: MetricFacetsProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="btn facets-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Narrow by type and prefix <Icon name="down" />
      </button>
      <nav className={isOpen ? 'facets open' : 'facets'} aria-label="Narrow the metrics">
        <TypeFacet families={families} />
        <PrefixFacet families={families} found={found} />
      </nav>
    </>
  )
}

function TypeFacet({ families }: { families: readonly MetricFamily[] }) {
  const { type } = useAddress()
  const change = useChangeAddress()
  const counts = useMemo(() => {
    const byType = new Map<string, number>()
    for (const family of families) byType.set(family.type, (byType.get(family.type) ?? 0) + 1)
    return [...byType].sort(([, one], [, other]) => other - one)
  }, [families])
  if (counts.length === 0) return null
  return (
    <section>
      <h2 className="facet-head">Type</h2>
      {counts.map(([one, count]) => (
        <button
          key={one}
          type="button"
          className="facet"
          aria-pressed={one === type}
          onClick={() => change({ type: one === type ? undefined : one })}
        >
          <span className="grow ell">{one}</span>
          <span className="facet-count">{formatCount(count)}</span>
        </button>
      ))}
    </section>
  )
}

function PrefixFacet({ families, found }: MetricFacetsProps) {
  const { group } = useAddress()
  const tree = useMemo(() => prefixTree(families.map(({ name }) => name)), [families])
  const shown = useMemo(() => found.map(({ name }) => name), [found])
  if (tree.length === 0) return null
  return (
    <section>
      <h2 className="facet-head">Prefix</h2>
      {tree.map((prefix) => (
        <PrefixBranch key={prefix.text} prefix={prefix} above="" chosen={group} shown={shown} />
      ))}
    </section>
  )
}

interface PrefixBranchProps {
  readonly prefix: Prefix
  readonly above: string
  readonly chosen: string | undefined
  readonly shown: readonly string[]
}

/** A prefix; those below it show where it or one of them is chosen. */
function PrefixBranch({ prefix, above, chosen, shown }: PrefixBranchProps) {
  const change = useChangeAddress()
  const { text, count, children } = prefix
  const isChosen = text === chosen
  const isOpen = chosen?.startsWith(text) === true
  const fitting = chosen === undefined ? shown.filter((name) => name.startsWith(text)).length : count
  const up = above === '' ? undefined : above
  return (
    <>
      <button
        type="button"
        className={fitting === 0 ? 'facet none' : 'facet'}
        aria-pressed={isChosen}
        {...(children.length === 0 ? {} : { 'aria-expanded': isOpen })}
        onClick={() => change({ group: isChosen ? up : text })}
      >
        <span className={isOpen ? 'facet-arrow open' : 'facet-arrow'}>
          {children.length > 0 && <Icon name="right" size={12} />}
        </span>
        <span className="code grow ell" title={text}>
          {text.slice(above.length)}
        </span>
        <span className="facet-count">{formatCount(fitting)}</span>
      </button>
      {isOpen && children.length > 0 && (
        <div className="facet-below">
          {children.map((child) => (
            <PrefixBranch key={child.text} prefix={child} above={text} chosen={chosen} shown={shown} />
          ))}
        </div>
      )}
    </>
  )
}
