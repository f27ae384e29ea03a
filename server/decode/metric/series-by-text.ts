import { Buffer } from 'node:buffer'
import type { SeriesKeys } from '../../model/series-table.ts'
import type { Fault, MetricDecodeContext } from './metric-context.ts'
import { internLabels } from './series-resolver.ts'

/**
 * Series of protocols that name them by a text, such as a Graphite path: a text that was seen before, in this request or
 * an earlier one, is found by its bytes, and its labels are not made anew.
 */
export class SeriesByText {
  readonly #context: MetricDecodeContext
  readonly #keys: SeriesKeys
  #key: Buffer = Buffer.alloc(512)

  /** `form`: of the keys in the table of series, another for every protocol. */
  constructor(context: MetricDecodeContext, form: string) {
    this.#context = context
    this.#keys = context.series.keysOf(form)
  }

  /** Ref of the series, or what is wrong with it. `labels` is called where the text is new. Throws: as `labels` does. */
  resolve(text: string, labels: () => [string, string][]): number | Fault {
    if (text.length * 3 > this.#key.length) this.#key = Buffer.alloc(text.length * 6)
    const end = this.#key.write(text, 'utf8')
    const known = this.#keys.find(this.#key, 0, end)
    if (known >= 0) return known
    const found = internLabels(labels(), this.#context)
    if (typeof found === 'number') this.#keys.remember(this.#key, 0, end, found)
    return found
  }
}
