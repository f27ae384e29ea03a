/** Starred services by tenant; a person's choice, kept in the browser. */
export type Stars = Readonly<Record<string, readonly string[]>>

/** Stars of one tenant at most; a further one takes the place of the oldest. */
const mostStars = 200

/** The stars with one of them set or taken away. */
export function withStar(stars: Stars, { tenant, name }: { tenant: string; name: string }): Stars {
  const before = Object.hasOwn(stars, tenant) ? stars[tenant] : []
  const after = before.includes(name) ? before.filter((one) => one !== name) : [...before, name].slice(-mostStars)
  return Object.fromEntries([...Object.entries(stars).filter(([one]) => one !== tenant), [tenant, after]])
}

/** Stars as they were kept; what is none is left out. */
export function readStars(kept: unknown): Stars {
  if (typeof kept !== 'object' || kept === null) return {}
  return Object.fromEntries(
    Object.entries(kept).map(([tenant, names]) => [
      tenant,
      Array.isArray(names) ? names.filter((name) => typeof name === 'string').slice(-mostStars) : [],
    ]),
  )
}
