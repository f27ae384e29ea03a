/** What an error says, with its causes: `fetch failed` alone helps nobody. Several attempts are joined. */
export function errorWords(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorWords).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${errorWords(error.cause)}`
}
