import { Explorer } from '../metrics/explore/explorer.tsx'
import { Workbench } from '../metrics/query/workbench.tsx'
import { useAddress } from '../url/use-search.ts'

/** Metrics without a query, or with the queries of the address. */
export function MetricsPage() {
  const { e } = useAddress()
  return e === undefined ? <Explorer /> : <Workbench />
}
