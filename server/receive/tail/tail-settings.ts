import { RE2JS } from 're2js'
import { z } from 'zod'
import type { TailRules } from '../../decode/tail/tail-records.ts'
import type { Attribute } from '../../model/columns.ts'

/** Bytes of one record; a longer one is cut into several. */
const maxRecordBytes = 256 * 1024

const fileSchema = z.strictObject({
  paths: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  exclude: z.union([z.string(), z.array(z.string())]).default([]),
  format: z.enum(['auto', 'plain', 'cri', 'docker']).default('auto'),
  start: z.enum(['end', 'beginning']).default('end'),
  recordStart: z.string().optional(),
  resource: z.record(z.string(), z.coerce.string()).default({}),
})

/** What the receiver is given. */
const settingsSchema = z.object({
  files: z.array(fileSchema),
  pollInterval: z.number().min(10),
  folder: z.string(),
})

/** Files that are followed in one way. */
export interface TailRule {
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  /** Where files begin that are there at the first look and were not followed before; later ones begin at their start. */
  readonly fromEnd: boolean
  readonly rules: TailRules
  readonly resource: readonly Attribute[]
}

export interface TailSettings {
  readonly rules: readonly TailRule[]
  readonly pollIntervalMs: number
  /** Folder of the checkpoints. */
  readonly folder: string
}

/** Throws: Error that names every wrong key. */
export function readTailSettings(settings: unknown): TailSettings {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `tail.${path.join('.')}: ${message}`).join('\n'))
  const { files, pollInterval, folder } = parsed.data
  return { rules: files.map(ruleOf), pollIntervalMs: pollInterval, folder }
}

function ruleOf(file: z.output<typeof fileSchema>, index: number): TailRule {
  return {
    paths: [file.paths].flat(),
    exclude: [file.exclude].flat(),
    fromEnd: file.start === 'end',
    rules: { format: file.format, recordStart: patternOf(file.recordStart, index), maxRecordBytes },
    resource: Object.entries(file.resource).map(([key, value]) => ({ key, type: 's', value })),
  }
}

/** RE2, which takes linear time for any pattern. */
function patternOf(text: string | undefined, index: number): TailRules['recordStart'] {
  if (text === undefined) return null
  try {
    const pattern = RE2JS.compile(text)
    return { matches: (line) => pattern.matcher(line).find() }
  } catch (error) {
    throw new Error(`tail.files.${index}.recordStart: ${(error as Error).message}`)
  }
}
