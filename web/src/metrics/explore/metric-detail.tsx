import { useMemo } from 'react'
import type { MetricFamily, MetricLabels } from '../../../../contract/index.ts'
import { formatCount } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { usePanelState } from '../../parts/panel-state.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { type FamilyQuery, familyQueries, withEarlier } from '../family-queries.ts'
import { chartUnit, QueryChart } from '../query-chart.tsx'
import { useMetricLabels, useScopeLabels } from '../use-catalog.ts'
import { LabelValues } from './label-values.tsx'

/** Points of a chart, about. */
const points = 180

/** One metric: what it is, how it does, and what its series differ in. */
export function MetricDetail({ family }: { family: MetricFamily }) {
  const labels = useScopeLabels()
  const queries = useMemo(() => familyQueries(family, { labels }), [family, labels])
  const [main, rest] = useMemo(() => groupsOf(queries), [queries])
  const { cmp = '' } = useAddress()
  const earlier = earlierTimes[cmp]
  const groups = useMemo(() => {
    const all = [main, ...rest]
    if (earlier === undefined) return all
    const before = familyQueries(family, { labels, offset: earlier.offset })
    return all.map((group) => withEarlier(group, before, earlier.words))
  }, [family, labels, main, rest, earlier])
  return (
    <main className="page">
      <p className="code m phone-only">{family.name}</p>
      <div className="row wrap" style={{ gap: 12 }}>
        <span className="chip">{family.type}</span>
        {family.unit !== '' && <span className="chip">{family.unit}</span>}
        <span className="t2">{family.help}</span>
        <span className="right" />
        <span className="t2 sm">{formatCount(family.series)} series</span>
        <CompareWith />
        <ScreenLink to="metrics" search={{ e: linesOf(main) }} className="btn pri">
          Open as a query
        </ScreenLink>
      </div>
      <div className="metric-charts">
        {groups.map((group, at) => (
          <QueryChart
            key={group[0].words}
            title={group[0].words === 'p50' ? 'Quantiles' : titleOf(group[0].words)}
            family={family}
            queries={group}
            points={points}
            height={200}
            hasExemplars={at === 0}
          />
        ))}
      </div>
      <Breakdown family={family} scope={labels} />
    </main>
  )
}

/** Times that a metric can be compared with; the key stands in the address as `cmp`. */
const earlierTimes: Readonly<Record<string, { offset: string; choice: string; words: string }>> = {
  '-1h': { offset: '1h', choice: 'one hour earlier', words: 'an hour earlier' },
  '-1d': { offset: '1d', choice: 'yesterday', words: 'yesterday' },
  '-7d': { offset: '7d', choice: 'same time last week', words: 'last week' },
}

function CompareWith() {
  const { cmp = '' } = useAddress()
  const change = useChangeAddress()
  return (
    <label className="row">
      <span className="t2">compared with</span>
      <select
        className="inp m"
        aria-label="Compared with"
        value={cmp in earlierTimes ? cmp : ''}
        onChange={(event) => change({ cmp: event.target.value })}
      >
        <option value="">nothing</option>
        {Object.entries(earlierTimes).map(([key, { choice }]) => (
          <option key={key} value={key}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Quantiles belong into one chart, everything else has its own. */
function groupsOf(queries: readonly FamilyQuery[]): [FamilyQuery[], FamilyQuery[][]] {
  const quantiles = queries.filter(({ colour }) => colour !== undefined)
  const others = queries.filter(({ colour }) => colour === undefined).map((query) => [query])
  return quantiles.length > 0 ? [quantiles, others] : [others[0], others.slice(1)]
}

function linesOf(queries: readonly FamilyQuery[]): string[] {
  return queries.map(({ text }, at) => `${String.fromCharCode(65 + at)}:${text}`)
}

function titleOf(words: string): string {
  return /^p\d/.test(words) ? words : `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

interface BreakdownProps {
  readonly family: MetricFamily
  readonly scope: Readonly<Record<string, string>>
}

/** Labels with how many values each has; the chosen one as a chart over the table of its values. */
function Breakdown({ family, scope }: BreakdownProps) {
  const { group } = useAddress()
  const asked = useMetricLabels(family)
  const state = usePanelState(asked, ({ labels }) =>
    labels.length === 0 ? { kind: 'empty', words: 'Its series have no labels: there is only one.' } : null,
  )
  const labels = useMemo(() => labelsOf(asked.data), [asked.data])
  const label = labels.find(({ name }) => name === group) ?? labels.find(isTelling) ?? labels[0]
  const queries = useMemo(
    () => (label === undefined ? [] : familyQueries(family, { labels: scope, by: label.name }).slice(0, 1)),
    [family, scope, label],
  )
  return (
    <Panel title="By label" sub="what multiplies its series" state={state} cost={asked.cost} className="breakdown">
      {label !== undefined && (
        <div className="metrics-split">
          <LabelList labels={labels} chosen={label.name} />
          <div className="col grow">
            <QueryChart
              title={`${titleOf(queries[0].words)} by ${label.name}`}
              family={family}
              queries={queries}
              points={points}
              height={180}
              aside={
                <ScreenLink to="metrics" search={{ e: linesOf(queries) }} className="btn small">
                  Open as a query
                </ScreenLink>
              }
              below={(drawn, colours) => (
                <LabelValues
                  {...{ label, drawn, colours, all: asked.data?.series ?? 0 }}
                  unit={chartUnit(family, queries)}
                  queryOf={(value) => linesOf(familyQueries(family, { labels: { ...scope, [label.name]: value } }))}
                />
              )}
            />
          </div>
        </div>
      )}
    </Panel>
  )
}

type Label = MetricLabels['labels'][number]

/** Those with the most values first: they multiply series most. */
function labelsOf(answer: MetricLabels | undefined): readonly Label[] {
  const labels = (answer?.labels ?? []).filter(({ name }) => name !== 'le')
  return labels.toSorted((one, other) => other.value_count - one.value_count)
}

/** Values of a label that a chart can show side by side. */
const mostTold = 20

/** A label that a person is likely to ask about: some values, and not the name of a process. */
function isTelling({ name, value_count }: Label): boolean {
  return value_count > 1 && value_count <= mostTold && !/^(instance|pod|host_name|process_pid)$/.test(name)
}

function LabelList({ labels, chosen }: { labels: readonly Label[]; chosen: string }) {
  const change = useChangeAddress()
  return (
    <nav className="facets" aria-label="Labels">
      {labels.map(({ name, value_count }) => (
        <button
          key={name}
          type="button"
          className={value_count > 1 ? 'facet' : 'facet none'}
          aria-pressed={name === chosen}
          onClick={() => change({ group: name })}
        >
          <span className="code grow ell" title={name}>
            {name}
          </span>
          <span className="facet-count">{formatCount(value_count)}</span>
        </button>
      ))}
    </nav>
  )
}
