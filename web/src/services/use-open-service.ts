import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { cleanSearch } from '../url/search.ts'
import { carried, useAddress, useTenant } from '../url/use-search.ts'

/** Leads to the page of a service, with the range, the filters and the comparison. */
export function useOpenService(): (service: string) => void {
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  return useCallback(
    (service) =>
      void navigate({
        to: `/${tenant}/services/${encodeURIComponent(service)}` as string,
        search: cleanSearch({
          ...carried(address),
          ...(address.cmp === undefined ? {} : { cmp: address.cmp }),
        }) as never,
      }),
    [navigate, tenant, address],
  )
}
