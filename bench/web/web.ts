import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { packageVersion, startProgram } from '../../server/program.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { findChromium, openBrowser } from '../../test/browser/chromium.ts'
import { type Figure, printFigures } from './figures.ts'
import { initialScript } from './initial-script.ts'
import { largeTraces, sendLargeTraces } from './large-trace.ts'
import { liveUpdates } from './live-updates.ts'
import { panelRefresh, typing } from './main-thread.ts'
import { openings, routeChanges } from './screens.ts'
import { sendShop } from './shop.ts'

const help = `npm run bench -- web [--minutes N] [--rate N] [--rounds N]
  The web app in Chromium against a server with N minutes (120) of a shop with N requests a second (40), eight spans
  each, metrics of its services, and up to six traces of 100,000 spans. Prints what was measured beside the target;
  needs nothing else of the machine.`

/** Measures the web app in Chromium, and prints a table. */
export async function benchWeb(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '120' },
      rate: { type: 'string', default: '40' },
      rounds: { type: 'string', default: '10' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help)
    return
  }
  const executable = findChromium()
  if (executable === null) throw new Error('no Chromium is here; SIGHTLINE_CHROMIUM names one')
  const folder = mkdtempSync(join(tmpdir(), 'sightline-web-bench-'))
  const webFolder = join(folder, 'app')
  buildApp(webFolder)
  const program = await startProgram({
    config: configOf(folder),
    webFolder,
    version: packageVersion(),
    progress: () => {},
  })
  const browser = await openBrowser(executable)
  try {
    const size = { minutes: Number(values.minutes), perSecond: Number(values.rate) }
    const rounds = Number(values.rounds)
    const large = await sendLargeTraces(program.url, rounds)
    const sent = await sendShop(program.url, { ...size, spansBefore: large.spans })
    console.log(`${sent.spans} spans and ${sent.samples} samples in ${size.minutes} minutes`)
    console.log(`${large.ids.length} traces with ${large.spans} spans`)
    const place = { browser, url: program.url, rounds }
    const figures: Figure[] = [
      initialScript(webFolder),
      ...(await openings(place)),
      ...(await routeChanges(place)),
      await typing(place),
      await panelRefresh(place),
      ...(await largeTraces(place, large.ids)),
      await liveUpdates(place),
    ]
    printFigures(figures)
  } finally {
    await browser.close()
    await program.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function buildApp(outDir: string): void {
  const script = fileURLToPath(new URL('../../tools/build-web.ts', import.meta.url))
  execFileSync(process.execPath, [script, '--always', '--gallery', `--out=${outDir}`], { stdio: 'inherit' })
}

function configOf(folder: string) {
  const listen = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const flags = [`--data.folder=${folder}/data`, '--log.level=warn', ...listen]
  return loadConfig({ file: undefined, environment: {}, folder, flags }).config
}
