import { sortLabels } from '../../../model/label-bytes.ts'
import type { Labels } from '../../../model/series-table.ts'

/**
 * Labels that are being changed. An empty value is no label.
 * Order: labels it began with (sorted by name) first, then the changed ones in the order of their first change;
 * it decides which of two labels wins that `labelmap` gives one name. Source: Prometheus labels.Builder.
 */
export class LabelsBuilder {
  readonly #labels: Map<string, string>
  readonly #changed = new Set<string>()

  /** `labels` must be sorted by name. */
  constructor(labels: Labels) {
    this.#labels = new Map(labels)
  }

  /** '' where there is none. */
  get(name: string): string {
    return this.#labels.get(name) ?? ''
  }

  set(name: string, value: string): void {
    if (value === '') {
      this.delete(name)
      return
    }
    if (!this.#changed.has(name)) {
      this.#labels.delete(name)
      this.#changed.add(name)
    }
    this.#labels.set(name, value)
  }

  delete(name: string): void {
    this.#labels.delete(name)
    this.#changed.delete(name)
  }

  /** The labels as they are now; changes do not show in it. */
  entries(): Labels {
    return [...this.#labels]
  }

  /** Sorted by name, as SeriesTable wants them. */
  finish(): Labels {
    const labels = [...this.#labels]
    sortLabels(labels)
    return labels
  }
}
