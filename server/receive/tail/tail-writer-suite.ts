import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createSeriesTables } from '../../model/series-interner.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { createFileTailer } from './file-tailer.ts'

/**
 * Follows the files of argv[2] with checkpoints in argv[3], and stores batches, synced, in argv[4]: to be killed by a
 * test. A batch is its bodies, a line each, and an empty line.
 */
const [paths, folder, stored] = process.argv.slice(2)
const handle = openSync(stored, 'a')
const sink = {
  async append(batch: { signal: string; rowCount: number }) {
    const { body } = batch as unknown as { body: { data: Uint8Array; offsets: Uint32Array } }
    const lines = Array.from({ length: batch.rowCount }, (_, i) =>
      Buffer.from(body.data.subarray(body.offsets[i], body.offsets[i + 1])).toString(),
    )
    writeSync(handle, `${lines.join('\n')}\n\n`)
    fsyncSync(handle)
    return { acceptedRows: batch.rowCount, rejections: [] }
  },
}
const context = {
  ...{ sink, tables: await createSeriesTables(), ledger: createLedger(systemClock) },
  ...{ clock: systemClock, logger: silentLogger() },
}
const settings = { files: [{ paths, start: 'beginning' }], pollInterval: 10, folder }
await createFileTailer(settings, context, 'file_tail').start()
process.on('exit', () => closeSync(handle))
