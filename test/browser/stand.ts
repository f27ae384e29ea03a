import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Program, packageVersion, startProgram } from '../../server/program.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { makeFolder, until } from '../end-to-end/platform.ts'

/** From sent to readable on a machine that is busy with other tests, ms. */
const visibleMs = 60_000

export const traceId = '4f1c9a2b4f1c9a2b4f1c9a2b4f3f8a67'

/** Sightline with the web app, and some telemetry in it. */
export interface Stand {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Builds the app with its gallery and starts the program with it. `isEmpty`: nothing is sent, as after the very first
 * start.
 */
export async function startStand({ isEmpty = false }: { isEmpty?: boolean } = {}): Promise<Stand> {
  const folder = makeFolder('browser')
  const program = await start(folder.path, builtApp())
  if (!isEmpty) await send(program)
  return {
    url: program.url,
    async stop() {
      await program.stop()
      folder.remove()
    },
  }
}

let built: string | undefined

/** Where the app lies, built once for all stands of this process. */
function builtApp(): string {
  if (built === undefined) {
    const folder = makeFolder('app')
    process.once('exit', () => folder.remove())
    buildApp(folder.path)
    built = folder.path
  }
  return built
}

/** In a process of its own: under the test runner the app would be built for development. */
function buildApp(outDir: string): void {
  const script = fileURLToPath(new URL('../../tools/build-web.ts', import.meta.url))
  const { NODE_ENV: _, ...env } = process.env
  execFileSync(process.execPath, [script, '--always', '--gallery', `--out=${outDir}`], { stdio: 'pipe', env })
}

async function start(folder: string, webFolder: string): Promise<Program> {
  const listen = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const { config } = loadConfig({
    ...{ file: undefined, environment: {}, folder },
    flags: [`--data.folder=${folder}/data`, '--log.level=warn', ...listen],
  })
  return startProgram({ config, webFolder, version: packageVersion(), progress: () => {} })
}

/** One checkout: a gateway that calls payment, which fails after a log line. */
async function send(program: Program): Promise<void> {
  const startMs = Date.now() - 30_000
  const nano = (ms: number) => `${startMs + ms}000000`
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const resource = (name: string) => ({ attributes: [text('service.name', name), text('service.version', '2.14.0')] })
  const gateway = {
    ...{ traceId, spanId: '1111111111111111', name: 'POST /api/checkout', kind: 2 },
    ...{ startTimeUnixNano: nano(0), endTimeUnixNano: nano(2310) },
  }
  const payment = {
    ...{ traceId, spanId: '2222222222222222', parentSpanId: '1111111111111111', name: 'POST /v1/charges', kind: 2 },
    ...{ startTimeUnixNano: nano(120), endTimeUnixNano: nano(2190), status: { code: 2, message: 'pool exhausted' } },
    attributes: [text('payment.method', 'card')],
  }
  await post(program, 'traces', {
    resourceSpans: [
      { resource: resource('gateway'), scopeSpans: [{ spans: [gateway] }] },
      { resource: resource('payment'), scopeSpans: [{ spans: [payment] }] },
    ],
  })
  const record = {
    ...{ timeUnixNano: nano(1302), severityNumber: 17, severityText: 'ERROR', traceId, spanId: '2222222222222222' },
    body: { stringValue: 'Database connection pool exhausted' },
  }
  await post(program, 'logs', {
    resourceLogs: [{ resource: resource('payment'), scopeLogs: [{ logRecords: [record] }] }],
  })
  await until('the trace can be read', visibleMs, async () => {
    const answer = await fetch(`${program.url}/api/traces/${traceId}`)
    return answer.ok && ((await answer.json()) as { span_count: number }).span_count === 2 ? true : null
  })
}

async function post(program: Program, signal: string, body: unknown): Promise<void> {
  const answer = await fetch(`${program.url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${signal} were answered with ${answer.status}: ${await answer.text()}`)
}
