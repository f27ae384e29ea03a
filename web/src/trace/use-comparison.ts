import type { TraceComparison } from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'
import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { tracePath, useTraceId } from './use-trace.ts'

/** `cmp=healthy` or `cmp=trace:ID`: what the trace is laid beside; null for nothing. */
export function useCompared(): { with: string; isHealthy: boolean } | null {
  const { cmp } = useAddress()
  if (cmp === 'healthy') return { with: 'healthy', isHealthy: true }
  const id = cmp?.startsWith('trace:') ? cmp.slice('trace:'.length) : ''
  return id === '' ? null : { with: id, isHealthy: false }
}

/** Lays the healthy trace beside this one, or takes away what is beside it. */
export function useToggleCompare(): () => void {
  const { cmp, view } = useAddress()
  const change = useChangeAddress()
  return () =>
    change({ cmp: cmp === undefined ? 'healthy' : undefined, view: view === 'differences' ? undefined : view })
}

/** The trace of the address beside another; `healthy` finds one. */
export function useComparison(other: string, isWanted = true): Asked<TraceComparison> {
  const id = useTraceId()
  return useAnswer<TraceComparison>({
    path: `${tracePath(id, 'compare')}?with=${encodeURIComponent(other)}`,
    isWanted: isWanted && id !== '',
  })
}
