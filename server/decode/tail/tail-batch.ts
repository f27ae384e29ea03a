import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import type { DecodeContext } from '../decode-context.ts'
import { emptyLine, LogRecords } from '../log-records.ts'
import type { TailRecord } from './tail-records.ts'

/** Records of one file. */
export interface FileRecords {
  readonly path: string
  readonly resource: readonly Attribute[]
  readonly records: readonly TailRecord[]
}

const noBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 }

/**
 * Records of files as log records: body, time and stream (`log.iostream`) of each, the path as `log.file.path`.
 * Rejected alone, as `FILE: record N`: a record beyond a limit.
 */
export function decodeTailed(files: readonly FileRecords[], observedMs: number, context: DecodeContext): LogBatch {
  const builder = new LogRecords(context, context.receivedBytes)
  const observed = BigInt(Math.trunc(observedMs)) * 1_000_000n
  for (const { path, resource, records } of files)
    records.forEach(({ body, time, stream }, i) => {
      const attributes: Attribute[] = [{ key: 'log.file.path', type: 's', value: path }]
      if (stream !== '') attributes.push({ key: 'log.iostream', type: 's', value: stream })
      const line = {
        ...emptyLine,
        time,
        observed,
        resource,
        attributes,
        body: { key: '', type: 's' as const, value: body },
      }
      builder.add(line, noBytes, () => `${path}: record ${i + 1}`)
    })
  return builder.finish()
}
