import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useView } from '../state/view-store.ts'
import { useTenant } from '../url/use-search.ts'
import { liveLink } from './live-link.ts'

/** Keeps the live socket open while the page is live, and lets go of what is not shown any more. */
export function useLiveLink(): void {
  const queries = useQueryClient()
  const tenant = useTenant()
  const isLive = useView((view) => view.isLive)
  useEffect(() => {
    if (!isLive) return
    liveLink.open(tenant)
    const stop = unfollowUnseen(queries)
    return () => {
      stop()
      liveLink.close()
    }
  }, [isLive, tenant, queries])
}

function unfollowUnseen(queries: QueryClient): () => void {
  return queries.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'removed' || (type === 'observerRemoved' && query.getObserversCount() === 0))
      liveLink.unfollow(query.queryHash)
  })
}
