/**
 * The law of addresses: everything that changes what is seen stands in the search part, in a form that people can read.
 *
 * Lists are separated by commas, stacks by `~`, scope filters repeat `f=`, queries repeat `e=`, board variables are
 * `var-NAME`.
 * Keys that are left out have their default; keys of others are kept out. Unreadable values are ignored, never an error:
 * an address from an older version must still open.
 */
export interface Search {
  /** Bounds of the time range, as typed: `now-1h`, `now`, or ISO 8601 with a zone. */
  readonly from?: string
  readonly to?: string
  /** `utc` or a name of the IANA database; left out: the zone of the reader. */
  readonly tz?: string
  /** Scope filters `field:value`, for every signal. */
  readonly f?: readonly string[]
  readonly q?: string
  /** Queries and formulas of the metrics screen: `A:rate(hits_total[5m])`, `-B:A * 60` for one that is not drawn. */
  readonly e?: readonly string[]
  /** What is typed into those lines and not run yet, each with its letter. */
  readonly d?: readonly string[]
  readonly lang?: string
  /** Comparison: `-7d`, `deploy:payment@2.14.0`. */
  readonly cmp?: string
  readonly view?: string
  /** Kind of the rows or metrics that are listed; of a trace how they are, e.g. `errors,unfolded`. */
  readonly type?: string
  /** Unit of the values, where it is not the metric's own. */
  readonly unit?: string
  readonly cols?: readonly string[]
  /** Column, descending with `-` before it. */
  readonly sort?: string
  readonly group?: string
  readonly sel?: string
  /** The pinned crosshair, ISO 8601. */
  readonly at?: string
  /** Stack of side panels `kind:id`, outermost first. */
  readonly panel?: readonly string[]
  /** Of the side panel, the part that is shown: `logs`, `attributes`. */
  readonly tab?: string
  /** Window of a trace in seconds from its start. */
  readonly win?: readonly [number, number]
  readonly fold?: readonly string[]
  readonly focus?: string
  readonly hops?: number
  readonly diff?: string
  readonly vars?: Readonly<Record<string, string>>
}

const texts = [
  ...(['from', 'to', 'tz', 'q', 'lang', 'cmp', 'view', 'type', 'unit', 'sort', 'group'] as const),
  ...(['sel', 'at', 'focus', 'diff', 'tab'] as const),
] as const
/** Keys that come once for each value, and the key behind which they stand. */
const repeated = { f: 'tz', e: 'lang', d: 'cmp' } as const
const lists = { cols: ',', panel: '~', fold: ',' } as const
/** Characters of one value; a longer one is cut off by no browser but is not ours. */
const longestValue = 16_384

/** `?from=now-1h&f=env:production` → the search; the leading `?` may be missing. */
export function parseSearch(text: string): Search {
  const found: { -readonly [K in keyof Search]: Search[K] } = {}
  const vars: [string, string][] = []
  for (const [key, value] of pairsOf(text)) {
    if (value === '' || value.length > longestValue) continue
    if (Object.hasOwn(repeated, key)) {
      const name = key as keyof typeof repeated
      found[name] = [...(found[name] ?? []), decode(value)]
    } else if (key.startsWith('var-') && key.length > 4) vars.push([decode(key.slice(4)), decode(value)])
    else if (isText(key)) found[key] = decode(value)
    else if (key in lists) {
      const name = key as keyof typeof lists
      found[name] = value.split(lists[name]).filter(isNotEmpty).map(decode)
    } else if (key === 'win') found.win = parseWindow(value)
    else if (key === 'hops' && /^\d{1,2}$/.test(value)) found.hops = Number(value)
  }
  // Pairs, because a variable may be called `__proto__`.
  if (vars.length > 0) found.vars = Object.fromEntries(vars)
  return cleanSearch(found)
}

/** The search as text with its leading `?`; empty for an empty search. Keys come in a fixed order. */
export function formatSearch(search: Search): string {
  const parts: string[] = []
  const add = (key: string, value: string) => parts.push(`${key}=${value}`)
  for (const key of texts) {
    const value = search[key]
    if (value !== undefined && value !== '') add(key, encode(value))
    for (const [name, before] of Object.entries(repeated))
      if (before === key)
        for (const entry of search[name as keyof typeof repeated] ?? []) if (entry !== '') add(name, encode(entry))
  }
  for (const [key, separator] of Object.entries(lists)) {
    const entries = (search[key as keyof typeof lists] ?? []).filter(isNotEmpty)
    if (entries.length > 0) add(key, entries.map((entry) => encode(entry, separator)).join(separator))
  }
  if (search.win !== undefined) add('win', search.win.join(','))
  if (search.hops !== undefined) add('hops', String(search.hops))
  for (const [name, value] of Object.entries(search.vars ?? {}).sort(byName))
    if (value !== '') add(`var-${encode(name)}`, encode(value))
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** The search without empty and undefined entries, so that equal views have equal searches. */
export function cleanSearch(search: Search): Search {
  const clean: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)) clean[key] = value
  return clean as Search
}

function pairsOf(text: string): [string, string][] {
  return text
    .replace(/^\?/, '')
    .split('&')
    .filter(isNotEmpty)
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    })
}

function parseWindow(value: string): readonly [number, number] | undefined {
  const [start, end] = value.split(',').map((part) => Number(part.replace(/s$/, '')))
  return Number.isFinite(start) && Number.isFinite(end) && start >= 0 && start < end ? [start, end] : undefined
}

/** Percent-encodes what an address cannot hold or what separates, and leaves `:`, `/`, `,` and the like readable. */
function encode(text: string, separator = ''): string {
  return [...text.toWellFormed()]
    .map((char) => (char !== separator && /[\w\-.:/,~@!*()]/.test(char) ? char : percent(char)))
    .join('')
}

/** `encodeURIComponent` leaves some characters as they are; a separator has to be encoded all the same. */
function percent(char: string): string {
  const encoded = encodeURIComponent(char)
  return encoded === char ? `%${char.charCodeAt(0).toString(16).toUpperCase()}` : encoded
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function isText(key: string): key is (typeof texts)[number] {
  return (texts as readonly string[]).includes(key)
}

function isNotEmpty(text: string): boolean {
  return text !== ''
}

function byName([first]: readonly [string, string], [second]: readonly [string, string]): number {
  return first < second ? -1 : 1
}
