import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installTelegraf } from './foreign-programs.ts'
import { freePort } from './prometheus-process.ts'

const visibleMs = 60_000
const installMs = 700_000

const installed = await installTelegraf()
if ('missing' in installed) console.warn(`SKIPPED Telegraf: ${installed.missing}`)
const name = 'missing' in installed ? `Telegraf (${installed.missing})` : 'Telegraf'

const folder = makeFolder('telegraf')
let platform: Platform
let graphite = ''
/** What Telegraf wrote: lines with `E!` are errors of its outputs. */
const words: string[] = []
let stop = async (): Promise<void> => {}
beforeAll(async () => {
  if ('missing' in installed) return
  graphite = `127.0.0.1:${await freePort()}`
  platform = await startPlatform({ folder: `${folder.path}/data`, flags: [`--graphite.tcp.listen=${graphite}`] })
  // Tags and fields of every type; a text can be no sample, and must not cost the others of its point.
  writeFileSync(
    `${folder.path}/points`,
    'cart,service_name=telegraf,shop=a\\ b total=4.5,count=17i,seen=18446744073709551615u,open=true,note="a, b"\n',
  )
  writeFileSync(`${folder.path}/telegraf.conf`, configuration())
  const child = spawn(installed.executable, [`${folder.path}/telegraf.conf`], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk.toString()))
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  stop = async () => {
    child.kill('SIGTERM')
    await gone
  }
}, installMs)
afterAll(async () => {
  await stop()
  await platform?.stop()
  folder.remove()
})

/** The same point goes out by every protocol, under a name of its own. */
function configuration(): string {
  return `
[agent]
  interval = "1s"
  flush_interval = "1s"
  omit_hostname = true
[[inputs.file]]
  files = ["${folder.path}/points"]
  data_format = "influx"
[[outputs.influxdb]]
  urls = ["${platform.url}"]
  database = "shop"
  name_suffix = "_v1"
[[outputs.influxdb_v2]]
  urls = ["${platform.url}/influx"]
  token = "none"
  organization = "any"
  bucket = "shop"
  influx_uint_support = true
  name_suffix = "_v2"
[[outputs.http]]
  url = "${platform.url}/api/v1/write"
  data_format = "prometheusremotewrite"
  name_suffix = "_remote"
  [outputs.http.headers]
    Content-Type = "application/x-protobuf"
    Content-Encoding = "snappy"
    X-Prometheus-Remote-Write-Version = "0.1.0"
[[outputs.datadog]]
  url = "${platform.url}/datadog/api/v1/series"
  apikey = "none"
  compression = "zlib"
  name_suffix = "_datadog"
[[outputs.graphite]]
  servers = ["${graphite}"]
  graphite_tag_support = true
  name_suffix = "_graphite"
[[outputs.loki]]
  domain = "${platform.url}"
  gzip_request = true
  name_suffix = "_loki"
`
}

/** Values of the series whose names begin so, once there are so many. */
async function valuesOf(prefix: string, count: number): Promise<Record<string, number | null>> {
  const api = new ApiClient(platform.url)
  return until(`${count} series of ${prefix}`, visibleMs, async () => {
    const all = await api.newestValues('telegraf', ['service_name', 'instance', 'job'])
    const found = Object.entries(all).filter(([series]) => series.startsWith(prefix))
    return found.length >= count ? Object.fromEntries(found) : null
  })
}

/** Every field that is a number, under the names of one output; `seen` is more than an int64 holds. */
const cart = (prefix: string, labels: string, seen: number) => ({
  [`${prefix}_total{${labels}}`]: 4.5,
  [`${prefix}_count{${labels}}`]: 17,
  [`${prefix}_open{${labels}}`]: 1,
  [`${prefix}_seen{${labels}}`]: seen,
})

describe.skipIf('missing' in installed)(name, () => {
  // Without unsigned integers Telegraf sends the largest int64 in their place.
  it.each([
    ['InfluxDB line protocol 1', 'cart_v1', 'db="shop",shop="a b"', 2 ** 63],
    ['InfluxDB line protocol 2', 'cart_v2', 'bucket="shop",shop="a b"', 2 ** 64],
    ['Datadog', 'cart_datadog', 'shop="a b"', 2 ** 64],
    ['remote write', 'cart_remote', 'shop="a b"', 2 ** 64],
    ['Graphite with tags', 'cart_graphite', 'shop="a_b"', 2 ** 64],
  ])('%s', async (_output, prefix, labels, seen) => {
    expect(await valuesOf(prefix, 4)).toEqual(cart(prefix, labels, seen))
  })

  it('Loki: fields are attributes of a line', async () => {
    const api = new ApiClient(platform.url)
    const logs = await until('the line', visibleMs, async () => {
      const found = await api.logs({ limit: '5', service: 'telegraf' })
      return found.logs.length > 0 ? found.logs : null
    })
    expect(logs[0]).toMatchObject({
      message: 'total="4.5" count="17" seen="18446744073709551615" open="true" note="a, b" ',
      attributes: { total: '4.5', count: '17', seen: '18446744073709551615', open: 'true', note: 'a, b' },
    })
  })

  it('saw no error in any answer', () => {
    expect(words.flatMap((text) => text.split('\n')).filter((line) => line.includes(' E! '))).toEqual([])
  })
})
