/** Parts of a span's panel that take turns, in the order of their tabs. */
export const spanTabs = ['logs', 'attributes', 'events', 'resource', 'metrics'] as const
export type SpanTab = (typeof spanTabs)[number]

/** Entries of each part; undefined while that is not known yet. */
export type TabCounts = Readonly<Record<SpanTab, number | undefined>>

/**
 * The part that is shown: the one that the address names, else the first that has something or may still get it, so
 * that a span without logs opens with its attributes.
 */
export function shownTab(named: string | undefined, counts: TabCounts): SpanTab {
  return spanTabs.find((tab) => tab === named) ?? spanTabs.find((tab) => counts[tab] !== 0) ?? spanTabs[0]
}

/** Where a key leads from a tab: around the ends by arrows, to the ends by Home and End; null for other keys. */
export function tabAfter(tab: SpanTab, key: string): SpanTab | null {
  const at = spanTabs.indexOf(tab)
  if (key === 'ArrowRight') return spanTabs[(at + 1) % spanTabs.length]
  if (key === 'ArrowLeft') return spanTabs[(at + spanTabs.length - 1) % spanTabs.length]
  if (key === 'Home') return spanTabs[0]
  return key === 'End' ? spanTabs[spanTabs.length - 1] : null
}
