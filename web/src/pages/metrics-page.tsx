import { Explorer } from '../metrics/explorer.tsx'
import { Workbench } from '../metrics/workbench.tsx'
import { useAddress } from '../url/use-search.ts'

/** Metrics without a query, or with the queries of the address. */
export function MetricsPage() {
  const { e } = useAddress()
  return e === undefined ? <Explorer /> : <Workbench />
}
