/**
 * Datadog's tags as pairs: `env:prod` is env = prod, a tag without a colon has the value `true`. A key that stands several
 * times has its values joined by commas.
 */
export function splitTags(tags: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const tag of tags) {
    const text = tag.trim()
    if (text === '') continue
    const colon = text.indexOf(':')
    const key = colon === -1 ? text : text.slice(0, colon)
    const value = colon === -1 ? 'true' : text.slice(colon + 1)
    const known = pairs.get(key)
    if (key !== '') pairs.set(key, known === undefined ? value : `${known},${value}`)
  }
  return pairs
}
