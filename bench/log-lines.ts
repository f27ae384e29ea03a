import { parseArgs } from 'node:util'
import { AttributesBuilder } from '../server/model/attributes-builder.ts'
import type { LogBatch } from '../server/model/batch.ts'
import { BytesBuilder } from '../server/model/column-builders.ts'
import { defaultTenant } from '../server/model/tenant.ts'
import { defaultIngestLimits } from '../server/pipeline/limits.ts'
import { createLineReader } from '../server/pipeline/lines/line-reader.ts'
import { lineFormats } from '../server/pipeline/lines/registry.ts'

const linesPerBatch = 2_000
const nowMs = Date.parse('2026-01-31T12:00:00Z')

/** Lines that no format knows: what plain text costs. */
const plain = {
  name: 'plain text',
  line: 'the quick brown fox jumps over the lazy dog and over many other animals of the field',
}

/**
 * `npm run bench -- log-lines`: CPU time that the reading of log lines takes per line, for one line of each format,
 * its source known. A quarter of the rounds is passed before the clock runs.
 */
export async function benchLogLines(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '200' } } })
  const rounds = Number(values.rounds)
  const examples = lineFormats.map(({ name, examples }) => ({ name, line: examples[0].line }))
  let total = 0
  console.log('format          bytes  attributes  ns/line')
  for (const { name, line } of [...examples, plain]) {
    const { nanos, attributes } = measure(line, rounds)
    total += nanos
    const columns = [name.padEnd(15), String(line.length).padStart(5), attributes.toFixed(0).padStart(11)]
    console.log(`${columns.join(' ')} ${nanos.toFixed(0).padStart(8)}`)
  }
  console.log(`mean of all ${(total / (examples.length + 1)).toFixed(0)} ns/line`)
}

function measure(line: string, rounds: number): { nanos: number; attributes: number } {
  const reader = createLineReader()
  let micros = 0
  let attributes = 0
  for (let round = 0; round < rounds; round++) {
    const batch = batchOf(line)
    const before = process.cpuUsage()
    const read = reader.read(batch, { nowMs, limits: defaultIngestLimits })
    const { user, system } = process.cpuUsage(before)
    if (round >= rounds / 4) micros += user + system
    attributes = read.attributes.keys.indexes.length / linesPerBatch
  }
  return { nanos: (micros * 1000) / (linesPerBatch * rounds * 0.75), attributes }
}

/** Rows that are alike, from a sender that gives nothing but the line. */
function batchOf(line: string): LogBatch {
  const rows = linesPerBatch
  const body = new BytesBuilder(rows * (line.length + 8), rows)
  const attributes = new AttributesBuilder({ expectedRows: rows })
  for (let row = 0; row < rows; row++) {
    body.addText(line)
    attributes.endRow()
  }
  const blank = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  return {
    signal: 'logs',
    tenant: defaultTenant,
    receiver: 'bench',
    rowCount: rows,
    decodeRejections: [],
    receivedBytes: 0,
    resources: [{ ...blank, attributes: [{ key: 'service.name', type: 's', value: 'bench' }] }],
    resource: new Uint32Array(rows),
    scopes: [{ ...blank, name: '', version: '' }],
    scope: new Uint32Array(rows),
    timeUnixNano: new Uint32Array(2 * rows),
    observedUnixNano: new Uint32Array(2 * rows),
    severityNumber: new Uint8Array(rows),
    severityText: { values: [''], indexes: new Uint32Array(rows) },
    body: body.finish(),
    bodyType: new Uint8Array(rows).fill(0x73),
    attributes: attributes.finish(),
    droppedAttributesCount: new Uint32Array(rows),
    traceId: new Uint8Array(16 * rows),
    spanId: new Uint8Array(8 * rows),
    flags: new Uint32Array(rows),
    eventName: { values: [''], indexes: new Uint32Array(rows) },
  }
}
