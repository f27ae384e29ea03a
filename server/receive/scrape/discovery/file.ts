import { glob, readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import type { z } from 'zod'
import { list, period, section, text } from '../config/config-values.ts'
import { repeat } from '../repeat.ts'
import { readTargetGroups, withLabel } from '../target-groups.ts'
import type { DiscoveryContext, DiscoveryMechanism, TargetGroup } from './mechanism.ts'

/** How often files are looked at for a new modification time, ms; less often never, more often where the refresh interval says so. */
const lookMs = 5000

const schema = section({
  files: list(
    text.refine(
      (name) => /^[^*]*(\*[^/]*)?\.(json|yml|yaml)$/.test(name),
      'expected a file name that ends in .json, .yml or .yaml, with * in its last part only',
    ),
  ),
  refresh_interval: period.default(300_000),
})

type FileConfig = z.output<typeof schema>

interface KnownFile {
  readonly stamp: string
  readonly groups: readonly TargetGroup[]
}

/** Targets out of JSON and YAML files, which are read again when they have changed. */
export const fileDiscovery: DiscoveryMechanism<FileConfig> = {
  key: 'file_sd_configs',
  schema,
  create(config, context) {
    let round: { stop(): Promise<void> } | null = null
    return {
      start(update) {
        let known: ReadonlyMap<string, KnownFile> | null = null
        round = repeat(context.clock, Math.min(lookMs, config.refresh_interval), async () => {
          const next = await readFiles(config, known ?? new Map(), context)
          if (known === null || !isSame(known, next)) update([...next.values()].flatMap(({ groups }) => groups))
          known = next
        })
      },
      async stop() {
        await round?.stop()
      },
    }
  },
}

function isSame(left: ReadonlyMap<string, KnownFile>, right: ReadonlyMap<string, KnownFile>): boolean {
  return left.size === right.size && [...right].every(([name, file]) => left.get(name) === file)
}

/** Files that cannot be read keep what they held last; files that are gone are gone. */
async function readFiles(
  config: FileConfig,
  known: ReadonlyMap<string, KnownFile>,
  { baseFolder, logger }: DiscoveryContext,
): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for (const pattern of config.files)
    for await (const name of glob(resolve(baseFolder, pattern))) {
      const before = known.get(name)
      try {
        const { mtimeMs, size, ino } = await stat(name)
        const stamp = `${mtimeMs} ${size} ${ino}`
        files.set(name, before?.stamp === stamp ? before : { stamp, groups: await readGroups(name) })
      } catch (error) {
        logger.warn({ file: name, reason: (error as Error).message }, 'target file cannot be read')
        if (before !== undefined) files.set(name, before)
      }
    }
  return files
}

/** YAML is read without guessing types, as Prometheus wants text wherever text is meant. */
async function readGroups(name: string): Promise<TargetGroup[]> {
  const content = await readFile(name, 'utf8')
  const document: unknown = name.endsWith('.json') ? JSON.parse(content) : parse(content, { schema: 'failsafe' })
  return withLabel(readTargetGroups(document), '__meta_filepath', name)
}
