import { z } from 'zod'
import { fieldNameSchema } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { recordField } from '../record/record-field.ts'
import { defineStage } from './stage.ts'

const traceId = recordField('trace_id')

export const sample = defineStage({
  name: 'sample',
  summary:
    'Keeps a share of the lines; the others are counted as rejected with the reason `sampled`. Lines of one trace stay together.',
  settings: {
    keep: z.number().min(0).max(1).meta({ description: 'Share of lines to keep, 0 to 1.' }),
    by: fieldNameSchema.optional().meta({
      description: 'Lines with the same value are kept or left out together. Left out: by trace, else each by itself.',
    }),
  },
  examples: [
    { settings: { keep: 0 }, before: { body: 'cache hit' }, after: 'sampled' },
    { settings: { keep: 1, by: 'user.id' }, before: { body: 'cache hit' }, after: { body: 'cache hit' } },
  ],
  compile({ keep, by }) {
    // A hash decides, not chance: a request that is sent again is sampled alike, where its lines have times of their own.
    const limit = keep * 0x1_0000_0000
    const field = by === undefined ? null : recordField(by)
    return (record) => {
      const grouping = record.text(field ?? traceId)
      const hash = grouping === null || grouping === '' ? hashOfLine(record) : hashOf(grouping, 0)
      if (hash >= limit) record.verdict = 'sampled'
      return null
    }
  },
})

/** Alike lines of one request differ by their place in it. */
function hashOfLine(record: LineRecord): number {
  return hashOf(record.body, Math.imul(record.row + 1, 0x9e3779b1) ^ record.timeLow)
}

/** FNV-1a over UTF-16 units, mixed at the end so that all bits depend on all units. 32 bits. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) | 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
