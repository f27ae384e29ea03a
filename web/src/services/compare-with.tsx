import { useMemo } from 'react'
import { formatClock } from '../time/zone.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'
import { type Comparison, comparisonOf, comparisons, type DeployChoice, deployKey } from './comparison.ts'
import { deploysIn, useChanges } from './use-changes.ts'

/** Deploys of the range that it can be compared with, the newest first; of one service where it is named. */
function useDeployChoices(service?: string): readonly DeployChoice[] {
  const { asked } = useChanges()
  const { zone } = useTime()
  return useMemo(
    () =>
      deploysIn(asked.data)
        .filter((one) => service === undefined || one.service === service)
        .map(({ service: name, version = '', at }) => ({
          ...{ key: deployKey(name, version), atMs: Date.parse(at) },
          words: `before ${name} ${version} at ${formatClock(Date.parse(at), zone)}`,
        }))
        .reverse(),
    [asked.data, service, zone],
  )
}

/** What the address says that the range is compared with. */
export function useComparison(service?: string): Comparison {
  const { cmp } = useAddress()
  const deploys = useDeployChoices(service)
  return useMemo(() => comparisonOf(cmp, deploys), [cmp, deploys])
}

interface CompareWithProps {
  readonly service?: string
  /** In the head of a panel, which says beside it what is compared. */
  readonly isSmall?: boolean
}

/** The choice of what the range is compared with. */
export function CompareWith({ service, isSmall = false }: CompareWithProps) {
  const change = useChangeAddress()
  const deploys = useDeployChoices(service)
  const { key } = useComparison(service)
  return (
    <label className="row">
      {!isSmall && <span className="t2 wide-only">compared with</span>}
      <select
        className={isSmall ? 'inp m small' : 'inp m'}
        aria-label="Compared with"
        value={key}
        onChange={(event) => change({ cmp: event.target.value === '-usual' ? undefined : event.target.value })}
      >
        {Object.entries(comparisons).map(([value, [words]]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
        {deploys.map(({ key: value, words }) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}
