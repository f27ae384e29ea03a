import { parseArgs } from 'node:util'
import { kinds } from '../../test/crash/crash-load.ts'
import { runCrashes, victims } from '../../test/crash/crash-run.ts'
import { makeFolder } from '../../test/end-to-end/platform.ts'

const usage = `npm run bench -- crash [--crashes 200] [--seed 1] [--keep]
Kills the platform under load so many times with kill -9 and counts what is stored. Ends with 1 where a row that was
acknowledged is lost, or one is stored twice. --keep leaves the data folder.
`

/** `npm run bench -- crash`: the promise of the journal at 200 random moments. */
export async function benchCrash(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      crashes: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const folder = makeFolder('crash-bench')
  const wanted = Number(values.crashes)
  const report = await runCrashes({
    folder: `${folder.path}/data`,
    seed: Number(values.seed),
    isEnough: (crashes) => crashes >= wanted,
    progress: (text) => console.log(text),
  })
  console.log(`\nkill -9: ${victims.map((victim) => `${report.crashes[victim]} ${victim}`).join(', ')}`)
  console.table(
    Object.fromEntries(
      kinds.map((kind) => {
        const { acked, stored, lost, doubled, counted } = report.kinds[kind]
        return [kind, { acked, stored, 'counted by the API': counted, lost: lost.length, doubled: doubled.length }]
      }),
    ),
  )
  if (values.keep) console.log(`data in ${folder.path}`)
  else folder.remove()
  const isBroken = kinds.some((kind) => report.kinds[kind].lost.length + report.kinds[kind].doubled.length > 0)
  if (isBroken) process.exitCode = 1
}
