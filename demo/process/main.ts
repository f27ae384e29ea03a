/**
 * Runs one service of the shop in this process: `main.ts NAME`, started by the launcher.
 *
 * Environment: `SHOP_DATABASE_URL`, `OTEL_EXPORTER_OTLP_ENDPOINT`; optionally `SHOP_PORT` (a restarted service keeps
 * its port) and `SHOP_VERSION` (a deploy of another version than the registry's).
 */
import { type ServiceName, serviceNames, services } from '../services/registry.ts'
import { startTelemetry } from './telemetry.ts'

const name = process.argv[2] as ServiceName
const entry = services[name]
if (entry === undefined) throw new Error(`no service is called ${name}; known are ${serviceNames.join(', ')}`)
const version = process.env.SHOP_VERSION ?? entry.version
const stopTelemetry = startTelemetry({ service: name, version })

// Everything that loads node:http, pg or pino comes after the telemetry, which patches them.
const { runService } = await import('./run-service.ts')
runService({ name, version, definition: await entry.load(), stopTelemetry })
