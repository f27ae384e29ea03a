import { createHash } from 'node:crypto'
import { slotMs } from '../load/encode/encode-samples.ts'
import { metricSizes, sliceMetrics, sliceParams } from './metric-slices.ts'
import { type DeriveContext, deriveSettings } from './progress.ts'
import { statement } from './statement.ts'

/**
 * Samples that one statement turns into pieces. Each makes one part: larger slices make fewer parts and take more
 * memory (6 million took 1.2 to 1.5 GB of the engine).
 */
const sliceSamples = 3_000_000

/** A slice must become one block, so that its token stands for all of it or nothing. */
const wholeBlock = {
  min_insert_block_size_rows: 100_000_000,
  min_insert_block_size_bytes: 8_000_000_000,
  max_block_size: 100_000_000,
} as const

interface PartRow {
  readonly slot: number
  readonly name: string
  readonly hash: string
}

/**
 * Moves the closed ten minutes of `samples_hot` into `samples`; the number of slots moved.
 *
 * A slot is first moved aside as it is (`samples_compacting`, where nothing merges), then inserted slice by slice, then
 * dropped. Restart-safe: a slice's token names the parts by name, content and number of the slice, so that what was
 * inserted before a crash is not inserted again; rows that reach the hot table for a slot that was already moved wait
 * there for the next run.
 */
export async function compactSamples(context: DeriveContext): Promise<number> {
  const waiting = await slotsOf(context, 'samples_compacting')
  for (const slot of (await slotsOf(context, 'samples_hot')).keys()) {
    if (slot * 1000 + slotMs > context.settledThroughMs || waiting.has(slot)) continue
    await context.store.command({
      sql: `ALTER TABLE samples_hot MOVE PARTITION ID '${Math.trunc(slot)}' TO TABLE samples_compacting`,
    })
  }
  const moved = await slotsOf(context, 'samples_compacting')
  for (const [slot, parts] of moved) await compactSlot(context, slot, parts)
  return moved.size
}

async function compactSlot(context: DeriveContext, slot: number, parts: readonly PartRow[]): Promise<void> {
  const { store, signal } = context
  const fingerprint = createHash('sha256')
  for (const { name, hash } of parts) fingerprint.update(`${name} ${hash}\n`)
  const content = fingerprint.digest('hex').slice(0, 32)
  const sizes = await metricSizes(
    context,
    "SELECT metric, length(series) AS held FROM samples_compacting WHERE slot = toDateTime({slot:UInt32}, 'UTC')",
    { slot },
  )
  for (const [index, slice] of sliceMetrics(sizes, sliceSamples).entries())
    await store.command(
      { sql: statement('compact-samples'), params: { slot, ...sliceParams(slice) } },
      {
        signal,
        settings: { ...deriveSettings, ...wholeBlock, insert_deduplication_token: `compact-${content}-${index}` },
      },
    )
  await store.command({ sql: `ALTER TABLE samples_compacting DROP PARTITION ID '${Math.trunc(slot)}'` })
}

/** Parts by slot (Unix seconds), in order of slot and name. */
async function slotsOf(context: DeriveContext, table: string): Promise<Map<number, PartRow[]>> {
  const { rows } = await context.store.rows<PartRow>({
    sql: `SELECT toUInt32(partition_id) AS slot, name, hash_of_uncompressed_files AS hash FROM system.parts
      WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0 ORDER BY slot, name`,
    params: { table },
  })
  const slots = new Map<number, PartRow[]>()
  for (const row of rows) {
    const parts = slots.get(row.slot)
    if (parts === undefined) slots.set(row.slot, [row])
    else parts.push(row)
  }
  return slots
}
