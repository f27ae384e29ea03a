import { useEffect, useState } from 'react'

/** Milliseconds that the page must be visible before the visit counts. */
const countsAfterMs = 30_000
const keyOf = (tenant: string) => `sightline.visit.${tenant}`

/** When this browser last showed Home of the tenant, Unix milliseconds; null at the first time. */
export function useLastVisit(tenant: string): number | null {
  const [visitMs, setVisit] = useState<number | null>(() => stored(tenant))
  useEffect(() => {
    setVisit(stored(tenant))
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') store(tenant)
    }, countsAfterMs)
    return () => clearTimeout(timer)
  }, [tenant])
  return visitMs
}

function stored(tenant: string): number | null {
  try {
    const ms = Number(localStorage.getItem(keyOf(tenant)) ?? Number.NaN)
    return Number.isFinite(ms) ? ms : null
  } catch {
    return null
  }
}

function store(tenant: string): void {
  try {
    localStorage.setItem(keyOf(tenant), String(Date.now()))
  } catch {
    // A browser that keeps nothing counts every visit as the first.
  }
}
