import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Counter, Histogram, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../../model/batch.ts'
import type { Ledger } from '../../model/ledger.ts'
import { staleHigh, staleLow } from '../../model/metric.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { JournalFull } from '../../model/sink.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { ManualClock } from '../manual-clock-suite.ts'
import { prometheusScrape } from '../protocols/prometheus-scrape.ts'
import type { ActivePart } from '../receiver.ts'
import { RecordingSink } from '../recording-sink-suite.ts'

const startMs = 1_800_000_000_000
const intervalMs = 10_000

/** A target that answers what a test says. */
class Target {
  answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  readonly requests: IncomingMessage[] = []
  readonly #server = createServer((request, response) => {
    this.requests.push(request)
    this.answer(request, response)
  })
  address = ''

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.expose('')
  }

  expose(body: string, contentType = 'text/plain; version=0.0.4'): void {
    this.answer = (_request, response) => response.writeHead(200, { 'content-type': contentType }).end(body)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

let clock: ManualClock
let sink: RecordingSink
let ledger: Ledger
let target: Target
let scraper: ActivePart

beforeEach(async () => {
  clock = new ManualClock(startMs)
  sink = new RecordingSink()
  ledger = createLedger(clock)
  target = new Target()
  await target.open()
})
afterEach(async () => {
  await scraper?.stop()
  await target.close()
})

async function start(config: Record<string, unknown> = {}): Promise<void> {
  const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
  const job = { job_name: 'shop', scrape_interval: '10s', static_configs: [{ targets: [target.address] }], ...config }
  scraper = prometheusScrape.create({ configFile: '', configs: [job] }, context)
  await scraper.start()
}

/** Turns the clock to the next scrape and waits for its batch. */
async function scrape(): Promise<Record<string, number | 'stale'>> {
  const count = sink.batches.length + 1
  clock.advance(clock.waiting[0])
  await sink.arrived(count)
  await scraperIdle()
  return samplesOf(sink.batches[count - 1] as MetricBatch)
}

/** The scrape has planned its successor. */
async function scraperIdle(): Promise<void> {
  while (clock.waiting.length === 0) await new Promise(setImmediate)
}

/** Samples by series in words, without the labels of the target. */
function samplesOf(batch: MetricBatch): Record<string, number | 'stale'> {
  const words = new Uint32Array(batch.value.buffer, batch.value.byteOffset)
  const entries = Array.from(batch.ref, (ref, i) => {
    const labels = batch.series.labels(ref).filter(([, value]) => value !== target.address && value !== 'shop')
    const name = labels.find(([label]) => label === '__name__')?.[1]
    const others = labels.filter(([label]) => label !== '__name__').map(([label, value]) => `${label}=${value}`)
    const isStale = words[2 * i] === staleLow && words[2 * i + 1] === staleHigh
    return [others.length === 0 ? name : `${name}{${others}}`, isStale ? 'stale' : batch.value[i]]
  })
  return Object.fromEntries(entries)
}

const withoutDuration = ({ scrape_duration_seconds: _, ...samples }: Record<string, unknown>) => samples

describe('a scrape', () => {
  it('stores what a target exposes, with its labels and the reports', async () => {
    target.expose('a 1\nb{x="y"} 2\n')
    await start()
    expect(withoutDuration(await scrape())).toEqual({
      a: 1,
      'b{x=y}': 2,
      up: 1,
      scrape_samples_scraped: 2,
      scrape_samples_post_metric_relabeling: 2,
      scrape_series_added: 2,
    })
    const batch = sink.batches[0] as MetricBatch
    expect(batch.receiver).toBe('prometheus_scrape')
    expect(batch.series.labels(batch.ref[0])).toEqual([
      ['__name__', 'a'],
      ['instance', target.address],
      ['job', 'shop'],
    ])
    expect(await scrape()).toMatchObject({ scrape_series_added: 0 })
  })

  it('comes at the same offset of every interval, with that time on its samples', async () => {
    target.expose('a 1\n')
    await start()
    await scrape()
    await scrape()
    const times = sink.batches.map((batch) => (batch as MetricBatch).timestampMs[0])
    expect(times[1] - times[0]).toBe(intervalMs)
    expect(times[0]).toBeGreaterThan(startMs)
    expect(times[0]).toBeLessThanOrEqual(startMs + intervalMs)
  })

  it('asks as Prometheus does', async () => {
    await start({ params: { module: ['x'] }, basic_auth: { username: 'me', password: 'secret' } })
    await scrape()
    const [{ headers, url }] = target.requests
    expect(url).toBe('/metrics?module=x')
    expect(headers).toMatchObject({
      accept:
        'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': '10',
      authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
    })
  })

  it('takes gzip and counts bytes as they came', async () => {
    const body = gzipSync(`${'a{x="y"} 1\n'}`)
    target.answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(body)
    await start()
    expect(await scrape()).toMatchObject({ 'a{x=y}': 1, up: 1 })
    expect(sink.batches[0].receivedBytes).toBe(body.length)
  })

  it('reads what prom-client exposes, classic histogram and all, in both text formats', async () => {
    for (const kind of ['prometheus', 'openmetrics'] as const) {
      const registry = new Registry()
      if (kind === 'openmetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
      new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['shop'], registers: [registry] }).inc(
        { shop: 'a' },
        3,
      )
      new Histogram({ name: 'latency', help: 'h', buckets: [0.5, 1], registers: [registry] }).observe(0.7)
      target.expose(await registry.metrics(), registry.contentType)
      await start()
      expect(await scrape()).toMatchObject({
        'orders_total{shop=a}': 3,
        'latency_bucket{le=0.5}': 0,
        'latency_bucket{le=1.0}': 1,
        'latency_bucket{le=+Inf}': 1,
        latency_sum: 0.7,
        latency_count: 1,
        up: 1,
      })
      expect((sink.batches.at(-1) as MetricBatch).metadata).toContainEqual(
        expect.objectContaining({ type: 'counter', help: 'Orders' }),
      )
      await scraper.stop()
    }
  })

  it('marks what disappears, once', async () => {
    target.expose('a 1\nb 2\n')
    await start()
    await scrape()
    target.expose('a 1\n')
    expect(await scrape()).toMatchObject({ a: 1, b: 'stale', up: 1 })
    expect(await scrape()).not.toHaveProperty('b')
    target.expose('a 1\nb 3\n')
    expect(await scrape()).toMatchObject({ b: 3 })
  })

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['an error', (response) => response.writeHead(500).end('oops'), 'expected HTTP status 200, got 500'],
    ['a broken connection', (response) => response.socket?.destroy(), 'other side closed'],
    [
      'what is no exposition',
      (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('{"a":1}'),
      'byte',
    ],
    [
      'a web page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'which is no exposition format',
    ],
    ['nothing about its content', (response) => response.writeHead(200).end('a 1\n'), 'no Content-Type'],
  ])('fails on %s: up is 0, all series are marked, once', async (_name, answer, error) => {
    target.expose('a 1\n')
    await start()
    await scrape()
    target.answer = (_request, response) => answer(response)
    expect(await scrape()).toMatchObject({ a: 'stale', up: 0, scrape_samples_scraped: 0 })
    expect(scraper.targets()[0]).toMatchObject({ health: 'down' })
    expect(scraper.targets()[0].lastError).toContain(error)
    expect(await scrape()).not.toHaveProperty('a')
    target.expose('a 2\n')
    expect(await scrape()).toMatchObject({ a: 2, up: 1, scrape_series_added: 0 })
    expect(scraper.targets()[0]).toMatchObject({ health: 'up', lastError: '' })
  })

  it('fails when the timeout is over', async () => {
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    target.answer = () => asked()
    await start({ scrape_timeout: '2s' })
    clock.advance(clock.waiting[0])
    await isAsked
    clock.advance(2000)
    await sink.arrived(1)
    expect(samplesOf(sink.batches[0] as MetricBatch)).toMatchObject({
      up: 0,
      scrape_duration_seconds: expect.any(Number),
    })
    await scraperIdle()
    expect(scraper.targets()[0].lastError).toContain('no answer within the timeout of 2 s')
  })

  it.each<[Record<string, unknown>, string]>([
    [{ sample_limit: 1 }, 'sample_limit exceeded: 2 samples, at most 1'],
    [{ label_limit: 3 }, 'label_limit exceeded'],
    [{ label_name_length_limit: 10 }, 'label_name_length_limit exceeded'],
    [{ label_value_length_limit: 22 }, 'label_value_length_limit exceeded'],
    [{ body_size_limit: '30B' }, 'larger than 30 bytes'],
    [{ metric_relabel_configs: [{ action: 'labeldrop', regex: '__name__' }] }, 'no metric name is left'],
  ])('fails as a whole beyond %j', async (limits, error) => {
    target.expose(`a 1\nb{long_label_name="${'v'.repeat(30)}"} 2\n`)
    await start(limits)
    expect(await scrape()).toMatchObject({ up: 0 })
    expect(
      scraper
        .targets()
        .map(({ lastError }) => lastError)
        .join(),
    ).toContain(error)
  })

  it('target_limit fails a scrape without asking the target', async () => {
    await start({ target_limit: 1, static_configs: [{ targets: [target.address, 'localhost:1'] }] })
    await scrape()
    expect(target.requests).toEqual([])
    const errors = () => scraper.targets().map(({ lastError }) => lastError)
    while (errors().every((error) => error === '')) await new Promise(setImmediate)
    expect(errors()).toContain('target_limit exceeded: 2 targets, at most 1')
  })

  it('relabels samples, and counts what is left', async () => {
    target.expose('go_gc 1\nkeep{path="/A"} 2\n')
    const rules = [
      { source_labels: ['__name__'], regex: 'go_.*', action: 'drop' },
      { source_labels: ['path'], action: 'lowercase', target_label: 'path' },
    ]
    await start({ metric_relabel_configs: rules })
    const wanted = { 'keep{path=/a}': 2, scrape_samples_scraped: 2, scrape_samples_post_metric_relabeling: 1 }
    expect(await scrape()).toMatchObject(wanted)
    expect(await scrape()).toMatchObject(wanted)
  })

  it('labels of the target win over those exposed, unless honor_labels says otherwise', async () => {
    target.expose('a{job="own",instance="x",exported_job="y"} 1\n')
    await start()
    await scrape()
    const batch = sink.batches[0] as MetricBatch
    expect(Object.fromEntries(batch.series.labels(batch.ref[0]))).toEqual({
      __name__: 'a',
      job: 'shop',
      instance: target.address,
      exported_job: 'y',
      exported_exported_job: 'own',
      exported_instance: 'x',
    })
    await scraper.stop()
    await start({ honor_labels: true })
    await scrape()
    const honoured = sink.batches.at(-1) as MetricBatch
    expect(Object.fromEntries(honoured.series.labels(honoured.ref[0]))).toMatchObject({ job: 'own', instance: 'x' })
  })

  it('keeps times of the exposition, unless told not to; those series are not marked as gone', async () => {
    target.expose(`a 1 ${startMs - 5000}\n`)
    await start()
    await scrape()
    expect((sink.batches[0] as MetricBatch).timestampMs[0]).toBe(startMs - 5000)
    target.expose('')
    expect(await scrape()).not.toHaveProperty('a')
    await scraper.stop()
    target.expose(`a 1 ${startMs - 5000}\n`)
    await start({ honor_timestamps: false })
    await scrape()
    expect((sink.batches.at(-1) as MetricBatch).timestampMs[0]).toBeGreaterThan(startMs)
  })

  it('counts a series that stands twice as rejected', async () => {
    target.expose('a 1\na 2\n')
    await start()
    expect(await scrape()).toMatchObject({ a: 1, up: 1 })
    expect(sink.batches[0].decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('asks a full journal again within the interval, then counts the rows as rejected', async () => {
    target.expose('a 1\n')
    await start()
    sink.failure = new JournalFull('disk full', 1000)
    // To the scrape itself: the rest of the interval is the time in which the journal is asked again.
    clock.advance(clock.waiting[0])
    // The target has answered, and the pause before the next try has begun.
    while (!clock.waiting.includes(1000)) await new Promise(setImmediate)
    const rejected = () => ledger.entries()[0]?.rejectedRows
    for (;;) {
      await new Promise(setImmediate)
      if (rejected() !== undefined) break
      clock.advance(500)
    }
    await scraperIdle()
    expect(rejected()).toBe(6)
    expect(scraper.targets()[0].lastError).toBe('not stored: disk full')
    sink.failure = null
    expect(await scrape()).toMatchObject({ a: 1 })
  })
})

describe('targets', () => {
  it('are shown with labels before and after relabelling; dropped and impossible ones too', async () => {
    const relabel_configs = [
      { source_labels: ['drop'], regex: 'yes', action: 'drop' },
      { source_labels: ['__meta_x'], target_label: 'x' },
      { source_labels: ['noaddress'], regex: 'yes', target_label: '__address__', replacement: '' },
    ]
    const static_configs = [
      { targets: [target.address], labels: { __meta_x: 'kept' } },
      { targets: ['dropped:1'], labels: { drop: 'yes' } },
      { targets: ['gone:1'], labels: { noaddress: 'yes' } },
    ]
    await start({ relabel_configs, static_configs })
    const [scraped, dropped, impossible] = scraper.targets()
    expect(scraped).toMatchObject({
      pool: 'shop',
      health: 'unknown',
      url: `http://${target.address}/metrics`,
      labels: [
        ['instance', target.address],
        ['job', 'shop'],
        ['x', 'kept'],
      ],
    })
    expect(Object.fromEntries(scraped.discoveredLabels)).toEqual({
      __address__: target.address,
      __meta_x: 'kept',
      __metrics_path__: '/metrics',
      __scheme__: 'http',
      __scrape_interval__: '10s',
      __scrape_timeout__: '10s',
      job: 'shop',
    })
    expect(dropped).toMatchObject({ health: 'dropped', labels: [] })
    expect(impossible).toMatchObject({ health: 'down', lastError: 'no address' })
  })

  it('that discovery no longer finds get markers for all their series, up too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scrape-'))
    const file = join(folder, 'targets.json')
    writeFileSync(file, JSON.stringify([{ targets: [target.address] }]))
    target.expose('a 1\n')
    await start({ static_configs: [], file_sd_configs: [{ files: [file] }] })
    while (scraper.targets().length === 0) await new Promise(setImmediate)
    clock.advance(intervalMs)
    await sink.arrived(1)
    writeFileSync(file, '[]')
    while (scraper.targets().length > 0) {
      clock.advance(1000)
      await new Promise(setImmediate)
    }
    while (!Object.values(samplesOf(sink.batches.at(-1) as MetricBatch)).every((value) => value === 'stale'))
      await new Promise(setImmediate)
    expect(samplesOf(sink.batches.at(-1) as MetricBatch)).toEqual({
      a: 'stale',
      up: 'stale',
      scrape_duration_seconds: 'stale',
      scrape_samples_scraped: 'stale',
      scrape_samples_post_metric_relabeling: 'stale',
      scrape_series_added: 'stale',
    })
    rmSync(folder, { recursive: true })
  })

  it('are not marked as gone when only we stop', async () => {
    target.expose('a 1\n')
    await start()
    await scrape()
    await scraper.stop()
    expect(sink.batches.length).toBe(1)
  })
})

describe('a configuration file', () => {
  it('may lie in several files, under the global section of the first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scrape-'))
    const file = join(folder, 'prometheus.yml')
    const job = (name: string) => `  - job_name: ${name}\n    static_configs: [{ targets: ['${target.address}'] }]\n`
    writeFileSync(
      file,
      `global: { scrape_interval: 7s }\nscrape_config_files: ['jobs-*.yml']\nscrape_configs:\n${job('one')}`,
    )
    writeFileSync(join(folder, 'jobs-b.yml'), `scrape_configs:\n${job('three')}`)
    writeFileSync(join(folder, 'jobs-a.yml'), `scrape_configs:\n${job('two')}`)
    const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
    scraper = prometheusScrape.create({ configFile: file, configs: [] }, context)
    await scraper.start()
    expect(scraper.targets().map(({ pool, intervalMs }) => [pool, intervalMs])).toEqual([
      ['one', 7000],
      ['two', 7000],
      ['three', 7000],
    ])
    writeFileSync(join(folder, 'jobs-b.yml'), 'global: {}\n')
    await expect(scraper.reload()).rejects.toThrow(/jobs-b\.yml: global: unknown key/)
    writeFileSync(join(folder, 'jobs-b.yml'), `scrape_configs:\n${job('one')}`)
    await expect(scraper.reload()).rejects.toThrow('two jobs have the name "one"')
    rmSync(folder, { recursive: true })
  })

  it('is followed, and again after a reload; jobs that are the same go on undisturbed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scrape-'))
    const file = join(folder, 'prometheus.yml')
    const job = (name: string) => `  - job_name: ${name}\n    static_configs: [{ targets: ['${target.address}'] }]\n`
    writeFileSync(file, `scrape_configs:\n${job('one')}${job('two')}`)
    const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
    scraper = prometheusScrape.create({ configFile: file, configs: [] }, context)
    await scraper.start()
    for (const count of [1, 2]) {
      clock.advance(clock.waiting[0])
      await sink.arrived(count)
    }
    while (scraper.targets().some(({ health }) => health === 'unknown')) await new Promise(setImmediate)
    writeFileSync(file, `scrape_configs:\n${job('two')}${job('three')}`)
    await scraper.reload()
    expect(scraper.targets().map(({ pool, health }) => [pool, health])).toEqual([
      ['two', 'up'],
      ['three', 'unknown'],
    ])
    writeFileSync(file, 'scrape_configs: nonsense')
    await expect(scraper.reload()).rejects.toThrow('scrape_configs')
    expect(scraper.targets().length).toBe(2)
    rmSync(folder, { recursive: true })
  })

  it('that is missing or wrong stops the start, in words', async () => {
    const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
    scraper = prometheusScrape.create({ configFile: '/nowhere/prometheus.yml', configs: [] }, context)
    await expect(scraper.start()).rejects.toThrow('/nowhere/prometheus.yml cannot be read')
    scraper = prometheusScrape.create({ configFile: '', configs: [{ job_nam: 'a' }] }, context)
    await expect(scraper.start()).rejects.toThrow('scrape_configs[0].job_nam: unknown key; did you mean job_name?')
  })
})
