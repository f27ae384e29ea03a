import { useCallback } from 'react'
import { showToast } from '../state/toasts.ts'
import { rangeOf } from '../time/range.ts'
import { formatSearch } from '../url/search.ts'
import { useAddress, useTime } from '../url/use-search.ts'

/** Copies the address of what is seen, with absolute times, so that who opens it sees the same. */
export function useCopyLink(): () => void {
  const address = useAddress()
  const { span } = useTime()
  return useCallback(() => {
    const link = `${location.origin}${location.pathname}${formatSearch({ ...address, ...rangeOf(span) })}`
    navigator.clipboard.writeText(link).then(
      () => showToast('Link copied, with absolute times.'),
      () => showToast('The browser did not allow to copy. The address in its bar holds the same view.'),
    )
  }, [address, span])
}
