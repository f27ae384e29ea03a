import { glob, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { ScrapeTargetState } from '../../model/origin/scrape-target.ts'
import { defaultTenant } from '../../model/tenant.ts'
import type { ActivePart, ReceiverContext } from '../receiver.ts'
import {
  type ParsedScrapeConfig,
  parseScrapeConfig,
  parseScrapeConfigPart,
  parseScrapeConfigText,
  ScrapeConfigError,
} from './config/parse-config.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import { ScrapePool } from './scrape-pool.ts'

/** The section `scrape` of the configuration. */
const settingsSchema = z.object({
  /** A prometheus.yml; '' for none. */
  configFile: z.string(),
  /** Entries as under `scrape_configs`. */
  configs: z.array(z.unknown()),
})

type ScrapeSettings = z.output<typeof settingsSchema>

interface Placed {
  readonly config: ScrapeConfig
  /** Where relative file names of the configuration start. */
  readonly baseFolder: string
}

/**
 * Finds and scrapes targets by configuration. `start` and `reload` throw ScrapeConfigError where the configuration is
 * wrong (after `reload` the old one goes on); what it asks for and does not get is logged as a warning.
 * `reload` reads the file again: pools whose configuration is the same go on undisturbed.
 */
export function createScraper(settings: unknown, context: ReceiverContext, receiver: string): ActivePart {
  const pools = new Map<string, ScrapePool>()
  let current = settingsSchema.parse(settings)
  let isStarted = false

  async function follow(next: ScrapeSettings): Promise<void> {
    const wanted = await readSettings(next, context)
    for (const [key, pool] of pools) {
      if (wanted.has(key)) continue
      pools.delete(key)
      await pool.stop({ isGone: true })
    }
    for (const [key, { config, baseFolder }] of wanted) {
      if (pools.has(key)) continue
      const { clock, logger, tenant = defaultTenant } = context
      const pool = new ScrapePool(config, { clock, logger, baseFolder }, { context, tenant, receiver })
      pools.set(key, pool)
      pool.start()
    }
    current = next
  }

  return {
    name: 'scraper',
    async start() {
      await follow(current)
      isStarted = true
    },
    reload: (next) => follow(next === undefined ? current : settingsSchema.parse(next)),
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.stop({ isGone: false })))
      pools.clear()
      isStarted = false
    },
    health: () => (isStarted ? { ready: true } : { ready: false, detail: 'not started' }),
    targets: (): readonly ScrapeTargetState[] => [...pools.values()].flatMap((pool) => pool.targets()),
  }
}

/** Configurations of the file and of the settings themselves, by a key that tells whether one has changed. */
async function readSettings(
  { configFile, configs }: ScrapeSettings,
  context: ReceiverContext,
): Promise<Map<string, Placed>> {
  const placed = new Map<string, Placed>()
  const add = ({ configs: parsed, notices }: ParsedScrapeConfig, baseFolder: string, source: string): void => {
    for (const { path, message } of notices) context.logger.warn({ path, source }, message)
    for (const config of parsed) placed.set(`${source} ${config.fingerprint}`, { config, baseFolder })
  }
  if (configFile !== '') {
    const folder = dirname(resolve(configFile))
    const whole = parseScrapeConfigText(await readConfig(configFile))
    add(whole, folder, configFile)
    const parts: string[] = []
    for (const pattern of whole.files) for await (const part of glob(resolve(folder, pattern))) parts.push(part)
    for (const part of parts.sort()) add(await readPart(part, whole.global), dirname(part), part)
  }
  add(parseScrapeConfig({ scrape_configs: configs }), process.cwd(), 'settings')
  const jobs = [...placed.values()].map(({ config }) => config.jobName)
  const twice = jobs.find((job, i) => jobs.indexOf(job) < i)
  if (twice !== undefined)
    throw new ScrapeConfigError([
      { path: 'scrape_configs', message: `two jobs have the name ${JSON.stringify(twice)}` },
    ])
  return placed
}

async function readConfig(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new ScrapeConfigError([{ path: '', message: `${file} cannot be read: ${error.message}` }])
  })
}

/** Faults are told with the name of the file. */
async function readPart(file: string, global: unknown): Promise<ParsedScrapeConfig> {
  const text = await readConfig(file)
  try {
    return parseScrapeConfigPart(text, global)
  } catch (error) {
    if (!(error instanceof ScrapeConfigError)) throw error
    throw new ScrapeConfigError(error.faults.map(({ path, message }) => ({ path: `${file}: ${path}`, message })))
  }
}
