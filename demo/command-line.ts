import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './launch/embedded-postgres.ts'
import { startShop } from './launch/start-shop.ts'
import type { FaultName } from './process/messages.ts'

const help = `node demo/shop.ts [options]

  --otlp URL         where traces, metrics and logs go (default http://127.0.0.1:4318)
  --database URL     a PostgreSQL database for the shop; without it the shop starts one for itself
  --folder PATH      where the shop writes (default data/shop)
  --rate N           requests of users per second (default 5)
  --seed N           chances of the users and the bank (default 1)
  --incident[=NAME]  switch a fault on at once (default connection-pool)
`

/** Runs the shop alone, until it is interrupted. */
export async function runShop(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: args.map((argument) => (argument === '--incident' ? '--incident=connection-pool' : argument)),
    options: {
      otlp: { type: 'string' },
      database: { type: 'string' },
      folder: { type: 'string', default: join('data', 'shop') },
      rate: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      incident: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  // While it starts there is nothing to stop in order: its processes end with it.
  const leave = () => process.exit(1)
  process.once('disconnect', leave)
  const postgres: EmbeddedPostgres | undefined =
    values.database === undefined ? await startEmbeddedPostgres() : undefined
  const shop = await startShop({
    ...{ otlpEndpoint: values.otlp, databaseUrl: values.database ?? postgres?.url ?? '', folder: values.folder },
    ...{ ratePerSecond: readNumber('--rate', values.rate), seed: readNumber('--seed', values.seed) },
    onProgress: ({ name, port, elapsedMs }) => {
      tellHost({ kind: 'up', name })
      console.log(`${elapsedMs} ms: ${name} is up${port === 0 ? '' : ` on ${port}`}`)
    },
  })
  const { gatewayUrl, controlUrl, scrapeConfigPath } = shop
  console.log(`gateway ${gatewayUrl}, faults ${controlUrl}/faults, scrape with ${scrapeConfigPath}`)
  tellHost({ kind: 'open', gatewayUrl, controlUrl, scrapeConfigPath })
  const stop = async () => {
    await shop.stop()
    await postgres?.stop()
    process.exit(0)
  }
  // The program that started it has ended, or wants it to end.
  process.off('disconnect', leave)
  process.once('disconnect', () => void stop())
  process.once('SIGINT', () => void stop())
  process.once('SIGTERM', () => void stop())
  if (values.incident !== undefined) {
    await shop.faults.start(values.incident as FaultName)
    console.log(`incident: ${values.incident}`)
  }
}

/** A program that started the shop with a channel to it is told how it goes. */
function tellHost(message: Record<string, string>): void {
  if (process.connected) process.send?.(message)
}

function readNumber(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0))
    throw new Error(`${option} is ${JSON.stringify(text)}; a number of at least 0 was expected`)
  return value
}
