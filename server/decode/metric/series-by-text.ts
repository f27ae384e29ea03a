import { Buffer } from 'node:buffer'
import type { Fault, MetricDecodeContext } from './metric-context.ts'
import { internLabels } from './series-resolver.ts'

/**
 * Series of protocols that name them by a text, such as a Graphite path: a text that was seen before, in this request or
 * an earlier one, is found by its bytes, and its labels are not made anew.
 */
export class SeriesByText {
  readonly #context: MetricDecodeContext
  #key: Buffer
  #before = -1

  /** `form`: first byte of the keys in the table of series, another for every protocol. */
  constructor(context: MetricDecodeContext, form: number) {
    this.#context = context
    this.#key = Buffer.alloc(512)
    this.#key[0] = form
  }

  /** Ref of the series, or what is wrong with it. `labels` is called where the text is new. Throws: as `labels` does. */
  resolve(text: string, labels: () => [string, string][]): number | Fault {
    const { series } = this.#context
    const end = this.#writeKey(text)
    const known = series.find(this.#key, 0, end, this.#before)
    if (known >= 0) {
      this.#before = known
      return known
    }
    const found = internLabels(labels(), this.#context)
    if (typeof found !== 'number') return found
    series.remember(this.#key, 0, end, found)
    this.#before = found
    return found
  }

  #writeKey(text: string): number {
    if (text.length * 3 + 1 > this.#key.length) {
      const larger = Buffer.alloc(text.length * 6)
      larger[0] = this.#key[0]
      this.#key = larger
    }
    return 1 + this.#key.write(text, 1, 'utf8')
  }
}
