import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { BytesBuilder } from '../../model/column-builders.ts'
import { AttributeRows } from '../record/attribute-rows.ts'
import type { LineRecord } from '../record/line-record.ts'

/** Writes a batch anew as its rows are worked on; columns that no row changed stay as they are. Rows come in order. */
export class BatchWriter {
  readonly #batch: LogBatch
  #attributes: AttributeRows | null = null
  #bodies: BytesBuilder | null = null
  #bodyBytes: Buffer = Buffer.alloc(0)
  #severities: string[] | null = null

  constructor(batch: LogBatch) {
    this.#batch = batch
  }

  /** Takes over what the record has become. */
  take(row: number, record: LineRecord): void {
    if (record.attributes.isChanged) {
      this.#attributes ??= this.#attributesUpTo(row)
      record.attributes.writeTo(this.#attributes)
    } else this.#attributes?.copyRow(row)
    if (record.isBodyChanged) {
      this.#bodies ??= this.#bodiesUpTo(row)
      this.#bodies.addText(record.body)
    } else if (this.#bodies !== null) this.#copyBody(this.#bodies, row)
    if (record.newSeverityText !== null) this.#setSeverity(row, record.newSeverityText)
  }

  finish(): LogBatch {
    const { attributes, body, severityText } = this.#batch
    return {
      ...this.#batch,
      attributes: this.#attributes?.finish() ?? attributes,
      body: this.#bodies?.finish() ?? body,
      severityText:
        this.#severities === null ? severityText : { values: this.#severities, indexes: severityText.indexes },
    }
  }

  #attributesUpTo(row: number): AttributeRows {
    const rows = new AttributeRows(this.#batch.attributes)
    for (let before = 0; before < row; before++) rows.copyRow(before)
    return rows
  }

  #bodiesUpTo(row: number): BytesBuilder {
    const { data } = this.#batch.body
    this.#bodyBytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const bodies = new BytesBuilder(data.length + 1024, this.#batch.rowCount)
    for (let before = 0; before < row; before++) this.#copyBody(bodies, before)
    return bodies
  }

  #copyBody(bodies: BytesBuilder, row: number): void {
    const { offsets } = this.#batch.body
    bodies.add(this.#bodyBytes, offsets[row], offsets[row + 1])
  }

  #setSeverity(row: number, text: string): void {
    const { severityText } = this.#batch
    this.#severities ??= [...severityText.values]
    const known = this.#severities.indexOf(text)
    severityText.indexes[row] = known === -1 ? this.#severities.push(text) - 1 : known
  }
}
