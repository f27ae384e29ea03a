import { Buffer } from 'node:buffer'
import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { LogBatch } from '../../model/batch.ts'
import { BytesBuilder, DictionaryBuilder } from '../../model/column-builders.ts'
import type { AttributeType } from '../../model/columns.ts'
import type { Resource } from '../../model/resource.ts'
import { defaultTenant } from '../../model/tenant.ts'

/** What a test says of a row; the rest is as a sender leaves it that knows nothing but the line. */
export interface LineRow {
  readonly body: string | Buffer
  readonly bodyType?: AttributeType
  readonly resource?: number
  readonly time?: bigint
  readonly severityNumber?: number
  readonly severityText?: string
  readonly traceId?: string
  readonly spanId?: string
  readonly attributes?: Readonly<Record<string, string>>
}

const blankScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }

/** A LogBatch of the rows given; resources are made as they are named, by number. */
export function logBatch(rows: readonly LineRow[], receiver = 'test'): LogBatch {
  const body = new BytesBuilder()
  const severityText = new DictionaryBuilder()
  const attributes = new AttributesBuilder()
  for (const row of rows) {
    const bytes = Buffer.from(row.body)
    body.add(bytes, 0, bytes.length)
    severityText.addText(row.severityText ?? '')
    for (const [key, value] of Object.entries(row.attributes ?? {})) {
      attributes.keyText(key)
      attributes.text('s', value)
    }
    attributes.endRow()
  }
  const count = rows.length
  const ids = (of: (row: LineRow) => string | undefined, bytes: number) =>
    new Uint8Array(Buffer.concat(rows.map((row) => Buffer.from(of(row) ?? '00'.repeat(bytes), 'hex'))))
  return {
    signal: 'logs',
    tenant: defaultTenant,
    receiver,
    rowCount: count,
    decodeRejections: [],
    receivedBytes: 0,
    resources: Array.from({ length: Math.max(0, ...rows.map((row) => row.resource ?? 0)) + 1 }, (_, i) => source(i)),
    resource: Uint32Array.from(rows, (row) => row.resource ?? 0),
    scopes: [blankScope],
    scope: new Uint32Array(count),
    timeUnixNano: new Uint32Array(BigUint64Array.from(rows, (row) => row.time ?? 0n).buffer),
    observedUnixNano: new Uint32Array(2 * count),
    severityNumber: Uint8Array.from(rows, (row) => row.severityNumber ?? 0),
    severityText: severityText.finish(),
    body: body.finish(),
    bodyType: Uint8Array.from(rows, (row) => (row.bodyType ?? 's').charCodeAt(0)),
    attributes: attributes.finish(),
    droppedAttributesCount: new Uint32Array(count),
    traceId: ids((row) => row.traceId, 16),
    spanId: ids((row) => row.spanId, 8),
    flags: new Uint32Array(count),
    eventName: { values: [''], indexes: new Uint32Array(count) },
  }
}

function source(number: number): Resource {
  return {
    attributes: [{ key: 'service.name', type: 's', value: `source-${number}` }],
    droppedAttributesCount: 0,
    schemaUrl: '',
  }
}

/** A row in words, for comparison. */
export function rowOf(batch: LogBatch, row: number) {
  const { attributes, severityText, body } = batch
  const found: [key: string, value: string][] = []
  for (let entry = attributes.offsets[row]; entry < attributes.offsets[row + 1]; entry++)
    found.push([attributes.keys.values[attributes.keys.indexes[entry]], textOf(attributes.values, entry)])
  const seconds = (batch.timeUnixNano[2 * row + 1] * 4_294_967_296 + batch.timeUnixNano[2 * row]) / 1e9
  return {
    body: textOf(body, row),
    severity: batch.severityNumber[row],
    severityText: severityText.values[severityText.indexes[row]],
    seconds,
    traceId: Buffer.from(batch.traceId.subarray(16 * row, 16 * row + 16)).toString('hex'),
    spanId: Buffer.from(batch.spanId.subarray(8 * row, 8 * row + 8)).toString('hex'),
    attributes: Object.fromEntries(found),
    types: attributes.types.values[attributes.types.indexes[row]],
  }
}

function textOf({ data, offsets }: LogBatch['body'], index: number): string {
  return Buffer.from(data.subarray(offsets[index], offsets[index + 1])).toString()
}
