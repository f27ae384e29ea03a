import { useCallback } from 'react'
import type { Link } from '../../../contract/index.ts'
import { ask } from '../api/client.ts'
import { showToast } from '../state/toasts.ts'
import { rangeOf } from '../time/range.ts'
import { formatSearch } from '../url/search.ts'
import { useAddress, useTenant, useTime } from '../url/use-search.ts'

/** Characters beyond which mail and chat programs cut addresses: a longer one is kept by the server as a short link. */
const longestAddress = 1800
/** Milliseconds that the server may take to keep it. */
const keepWithinMs = 5000

/** Copies the address of what is seen, with absolute times, so that who opens it sees the same. */
export function useCopyLink(): () => void {
  const address = useAddress()
  const { span } = useTime()
  const tenant = useTenant()
  return useCallback(() => {
    const path = location.pathname + formatSearch({ ...address, ...rangeOf(span) })
    shortened(path, tenant)
      .then((short) => navigator.clipboard.writeText(location.origin + short))
      .then(
        () => showToast('Link copied, with absolute times.'),
        () => showToast('The browser did not allow to copy. The address in its bar holds the same view.'),
      )
  }, [address, span, tenant])
}

/** The path itself, or a short link to it; the path where the server cannot keep it. */
async function shortened(path: string, tenant: string): Promise<string> {
  if (location.origin.length + path.length <= longestAddress) return path
  const signal = AbortSignal.timeout(keepWithinMs)
  const kept = await ask<Link>({ path: '/api/links', tenant, body: { path }, signal }).catch(() => null)
  return kept?.data.path ?? path
}
