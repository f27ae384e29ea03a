/** One target as the Prometheus API tells it; durations in seconds. */
export interface ActiveTarget {
  readonly labels: Readonly<Record<string, string>>
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly lastError: string
  /** `0001-01-01T00:00:00Z` where it was never scraped. */
  readonly lastScrape: string
  readonly lastScrapeDuration: number
  readonly health: 'up' | 'down' | 'unknown'
  readonly scrapeInterval: string
}

/** `GET /api/v1/targets` */
export interface TargetsAnswer {
  readonly data: { readonly activeTargets: readonly ActiveTarget[] }
}

const ranks = { down: 0, unknown: 1, up: 2 } as const

/** Targets, those that do not answer first, then by job and address. */
export function targetRows(answer: TargetsAnswer | undefined): ActiveTarget[] {
  const keyOf = ({ labels, scrapePool, scrapeUrl }: ActiveTarget) => `${labels.job ?? scrapePool} ${scrapeUrl}`
  return (answer?.data.activeTargets ?? []).toSorted(
    (one, other) => ranks[one.health] - ranks[other.health] || keyOf(one).localeCompare(keyOf(other)),
  )
}
