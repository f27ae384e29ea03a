import { join, resolve } from 'node:path'
import { checkScenario } from './check-scenario.ts'
import type { FaultName } from './process/messages.ts'
import { type Shop, startShop } from './shop.ts'

/** What the demo needs of a running platform. */
interface Platform {
  readonly url: string
  readonly otlpHttp: string | null
  readonly catalog: { createDatabase(name: string): Promise<{ reveal(): string } | string> }
  reloadScrape(settings?: unknown): Promise<void>
  stop(): Promise<void>
}

export interface DemoRun {
  readonly begin: () => Promise<Platform>
  readonly untilTold: () => Promise<void>
  readonly folder: string
  /** Fault to switch on at once; undefined: none. */
  readonly incident: string | undefined
  readonly exitAfterCheck: boolean
}

/** Time that the shop runs well before the incident, so that there is a usual to compare with, seconds. */
const healthySeconds = 40

/** Starts the platform and the shop, which sends its telemetry like any other; ends both when told. */
export async function runDemo({ begin, untilTold, folder, incident, exitAfterCheck }: DemoRun): Promise<void> {
  const platform = await begin()
  let shop: Shop | null = null
  try {
    shop = await openShop(platform, folder)
    if (incident !== undefined) await openIncident(shop, incident)
    if (exitAfterCheck) await checkScenario(platform.url)
    else {
      tellWhereToLook(platform, shop)
      await untilTold()
    }
  } finally {
    await shop?.stop()
    await platform.stop()
  }
}

async function openShop(platform: Platform, folder: string): Promise<Shop> {
  if (platform.otlpHttp === null) throw new Error('the shop sends OTLP over HTTP, but otlp.http.listen is off')
  console.log('Opening the demo shop: nine services, a bank, users')
  const url = await platform.catalog.createDatabase('shop')
  const shop = await startShop({
    otlpEndpoint: platform.otlpHttp,
    databaseUrl: typeof url === 'string' ? url : url.reveal(),
    folder: join(resolve(folder), 'demo-shop'),
    onProgress: ({ name, elapsedMs }) => console.log(`  ${name} is up (${(elapsedMs / 1000).toFixed(1)} s)`),
  })
  await platform.reloadScrape({ configFile: shop.scrapeConfigPath, configs: [] })
  console.log(`  the shop is open at ${shop.gatewayUrl}; its /metrics are scraped\n`)
  return shop
}

async function openIncident(shop: Shop, incident: string): Promise<void> {
  console.log(`All is well for ${healthySeconds} s, so that there is a usual to compare with …`)
  await new Promise((resolve) => setTimeout(resolve, healthySeconds * 1000))
  await shop.faults.start(incident as FaultName)
  console.log(`Incident "${incident}" began.\n`)
}

function tellWhereToLook({ url }: Platform, shop: Shop): void {
  console.log(`Try:
  curl '${url}/metrics?service=checkout&timerange=15m'
  curl '${url}/api/service-map?time_range=15m'
  curl -X POST '${shop.controlUrl}/faults/connection-pool'     # then watch checkout get slow
  curl -X DELETE '${shop.controlUrl}/faults/connection-pool'   # and well again
`)
}
