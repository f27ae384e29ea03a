/**
 * Labels of one series: sorted by name, names unique, no empty value. Immutable; compared by `key`.
 */
export class Labels {
  /** name, value, name, value, … */
  readonly flat: readonly string[]
  private cachedKey: string | undefined
  private cachedNameless: Labels | undefined

  private constructor(flat: readonly string[]) {
    this.flat = flat
  }

  static readonly empty = new Labels([])

  /** From pairs in any order; empty values are left out, of a repeated name the last value stays. */
  static from(pairs: Iterable<readonly [string, string]>): Labels {
    const map = new Map<string, string>()
    for (const [name, value] of pairs) map.set(name, value)
    const names = [...map.keys()].filter((name) => map.get(name) !== '').sort(compareText)
    return new Labels(names.flatMap((name) => [name, map.get(name) as string]))
  }

  /** From pairs that are known to be sorted, unique and not empty. */
  static fromSorted(flat: readonly string[]): Labels {
    return new Labels(flat)
  }

  /** Equal for equal labels only. */
  get key(): string {
    this.cachedKey ??= this.flat.join('\u0000')
    return this.cachedKey
  }

  get(name: string): string {
    const { flat } = this
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1]
    return ''
  }

  get size(): number {
    return this.flat.length / 2
  }

  *pairs(): Generator<readonly [string, string]> {
    for (let i = 0; i < this.flat.length; i += 2) yield [this.flat[i], this.flat[i + 1]]
  }

  /** Only these names. */
  keep(names: ReadonlySet<string>): Labels {
    return this.filter((name) => names.has(name))
  }

  /** All but these names. */
  without(names: ReadonlySet<string>): Labels {
    return this.filter((name) => !names.has(name))
  }

  /** All but the metric's own labels; made once, since stored series are asked for it again and again. */
  get nameless(): Labels {
    this.cachedNameless ??= this.without(metricLabels)
    return this.cachedNameless
  }

  /** With these values instead; an empty value removes the name. */
  with(changes: ReadonlyMap<string, string>): Labels {
    const map = new Map(this.pairs())
    for (const [name, value] of changes) map.set(name, value)
    return Labels.from(map)
  }

  private filter(wanted: (name: string) => boolean): Labels {
    const flat: string[] = []
    for (let i = 0; i < this.flat.length; i += 2) if (wanted(this.flat[i])) flat.push(this.flat[i], this.flat[i + 1])
    return flat.length === this.flat.length ? this : new Labels(flat)
  }

  /** `name{a="b"}`, as messages show it. */
  toString(): string {
    const rest = [...this.pairs()]
      .filter(([name]) => name !== '__name__')
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    const name = this.get('__name__')
    return name !== '' && rest.length === 0 ? name : `${name}{${rest.join(', ')}}`
  }
}

/** Order of label names and values: by code unit, as bytes of ASCII. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Order of label sets: label by label, name before value, the shorter first. Source: Prometheus labels.Compare. */
export function compareLabels(a: Labels, b: Labels): number {
  const shared = Math.min(a.flat.length, b.flat.length)
  for (let i = 0; i < shared; i += 1) if (a.flat[i] !== b.flat[i]) return compareText(a.flat[i], b.flat[i])
  return a.flat.length - b.flat.length
}

/**
 * Labels that describe the metric rather than the series: dropped wherever a result is no longer that metric.
 * `__type__` and `__unit__` are Prometheus' type and unit labels.
 */
export const metricLabels: ReadonlySet<string> = new Set(['__name__', '__type__', '__unit__'])
