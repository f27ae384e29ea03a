import { type Program, packageVersion, startProgram } from './program.ts'
import { checkLogPipelines } from './program-pipelines.ts'
import { runCommandLine } from './runtime/command-line.ts'
import type { LoadedConfig } from './runtime/config/load.ts'

const version = packageVersion()

const status = await runCommandLine(
  process.argv.slice(2),
  {
    check: ({ config }) => checkLogPipelines(config.pipelines),
    async start(loaded) {
      const program = await begin(loaded)
      await untilTold()
      await program.stop()
    },
    async demo(loaded, options) {
      // The shop is a client that lies outside of the server; the published package may come without it.
      const { runDemo } = (await import(new URL('../demo/run-demo.ts', import.meta.url).href)) as DemoModule
      await runDemo({ begin: () => begin(loaded), untilTold, folder: loaded.config.data.folder, ...options })
    },
  },
  {
    version,
    environment: process.env,
    folder: process.cwd(),
    out: write(process.stdout),
    error: write(process.stderr),
  },
)
process.exit(status)

interface DemoModule {
  runDemo(options: {
    begin: () => Promise<Program>
    untilTold: () => Promise<void>
    folder: string
    incident: string | undefined
    exitAfterCheck: boolean
  }): Promise<void>
}

async function begin({ config }: LoadedConfig): Promise<Program> {
  const startedMs = performance.now()
  const progress = (text: string) => console.log(`  ${text} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`)
  console.log(`Sightline ${version} starts; data in ${config.data.folder}`)
  const program = await startProgram({ config, version, progress })
  progress('ready')
  console.log(`\n  Web app and API   ${program.url}`)
  if (program.otlpHttp !== null) console.log(`  OTLP over HTTP    ${program.otlpHttp}`)
  if (program.otlpGrpc !== null) console.log(`  OTLP over gRPC    ${program.otlpGrpc}`)
  console.log('\n  Stop with Ctrl+C.\n')
  return program
}

/** Resolves at the first SIGINT or SIGTERM; the second ends the process at once. */
function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    let told = 0
    const tell = () => {
      told += 1
      if (told > 1) process.exit(130)
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, tell)
  })
}

function write(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => stream.write(text)
}
