import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { byVerdict, groupFields, verdictCounts } from './service-groups.ts'
import type { ServiceRow } from './service-rows.ts'

/** The choice of what the list of services is grouped by; an address may name any other attribute of resources. */
export function GroupBy() {
  const { group } = useAddress()
  const change = useChangeAddress()
  const isOther = group !== undefined && group !== byVerdict && !Object.hasOwn(groupFields, group)
  return (
    <select
      className="inp m"
      style={{ maxWidth: 152 }}
      aria-label="Group by"
      value={group ?? ''}
      onChange={({ target }) => change({ group: target.value === '' ? undefined : target.value })}
    >
      <option value="">Group: none</option>
      <option value={byVerdict}>Group: verdict</option>
      {Object.entries(groupFields).map(([field, words]) => (
        <option key={field} value={field}>
          Group: {words}
        </option>
      ))}
      {isOther && <option value={group}>Group: {group}</option>}
    </select>
  )
}

/** What stands above the rows of a group. */
export function groupHead(name: string, rows: readonly ServiceRow[]) {
  const counts = verdictCounts(rows)
  return (
    <>
      <b className="m">{name}</b>
      <span className="t3">{rows.length}</span>
      {counts !== `${rows.length} ${name}` && <span className="t2 sm ell">{counts}</span>}
    </>
  )
}
