/** Tables whose rows replace one another: only the newest of a key counts (FINAL). */
export const replacingTables = ['rollup_5m', 'rollup_1h', 'service_edges', 'span_metrics', 'service_minutes'] as const

/** Tables that hold rows of tenants. */
export const tenantTables = [
  ...replacingTables,
  'samples_hot',
  'samples_compacting',
  'samples',
  'series',
  'metadata',
  'exemplars',
  'histograms',
  'resources',
  'scopes',
  'logs',
  'spans',
  'trace_index',
] as const

export type Table = (typeof tenantTables)[number]
