/** Bounds of a request. Beyond them the answer is 400 with the path of the part that is too large. */
export const bounds = {
  /** Characters of one string in a request. */
  stringLength: 4096,
  /** Characters of a field name. */
  fieldLength: 256,
  filters: 50,
  /** Entries of the list of one `in` filter. */
  filterValues: 1000,
  aggregations: 50,
  groupBy: 8,
  /** Rows of one answer: records, groups, traces, log lines. */
  limit: 10_000,
} as const
