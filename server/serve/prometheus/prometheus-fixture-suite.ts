import fastify, { type FastifyInstance } from 'fastify'
import { refuse } from '../../access/refusal.ts'
import { type MetricsFixture, openMetricsFixture } from '../../query/metrics/metrics-fixture-suite.ts'
import { MetricsQueries } from '../../query/metrics/metrics-queries.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { testScope } from '../../store/read/read-fixture-suite.ts'
import { registerPrometheusApi } from './register-prometheus-api.ts'

/** 2026-01-02T10:00:00Z, Unix s: the first sample. */
export const t0 = 1_767_348_000

/** The time that it is. */
export const nowMs = (t0 + 600) * 1000

export const clock = { ...systemClock, nowMs: () => nowMs }

/** For tests: the Prometheus API over a real engine with three counters, odd values, a native histogram and an exemplar. */
export interface PrometheusFixture {
  readonly fixture: MetricsFixture
  readonly app: FastifyInstance
  close(): Promise<void>
}

export async function openPrometheusFixture(): Promise<PrometheusFixture> {
  const fixture = await openMetricsFixture()
  await seed(fixture)
  const app = fastify()
  await registerPrometheusApi(app, {
    metrics: new MetricsQueries({ store: fixture.store, clock, settings: { maxSamples: 100_000 } }),
    scopeOf: (request) => {
      if (request.headers.authorization === 'Bearer wrong') return Promise.resolve(refuse(401, 'no such token'))
      return Promise.resolve(
        testScope({ tenant: Number(request.headers['x-scope-orgid'] ?? 1), signal: request.signal }),
      )
    },
    clock,
    logger: silentLogger(),
    version: '0.0.0',
    targets: () => [
      {
        pool: 'shop',
        discoveredLabels: [['__address__', 'a:1']],
        labels: [
          ['instance', 'a:1'],
          ['job', 'api'],
        ],
        url: 'http://a:1/metrics',
        health: 'up',
        lastError: '',
        lastScrapeMs: nowMs,
        lastScrapeDurationMs: 12,
        intervalMs: 15_000,
        timeoutMs: 10_000,
      },
      {
        pool: 'shop',
        discoveredLabels: [['__address__', 'z:1']],
        labels: [],
        url: '',
        health: 'dropped',
        lastError: '',
        lastScrapeMs: 0,
        lastScrapeDurationMs: 0,
        intervalMs: 15_000,
        timeoutMs: 10_000,
      },
    ],
  })
  const close = async () => {
    await app.close()
    await fixture.close()
  }
  return { fixture, app, close }
}

async function seed(fixture: MetricsFixture): Promise<void> {
  const up = (job: string, instance: string, value: (i: number) => number) =>
    Array.from({ length: 41 }, (_, i) => ({
      labels: { __name__: 'requests_total', job, instance },
      ms: (t0 + i * 15) * 1000,
      value: value(i),
    }))
  await fixture.write(
    1,
    [
      ...up('api', 'a:1', (i) => 10 * i),
      ...up('api', 'b:1', (i) => 20 * i + 0.5),
      ...up('web', 'c:1', (i) => (i < 20 ? 5 * i : 5 * (i - 20))),
      { labels: { __name__: 'odd', kind: 'nan' }, ms: nowMs, value: Number.NaN },
      { labels: { __name__: 'odd', kind: 'inf' }, ms: nowMs, value: -Infinity },
      { labels: { __name__: 'odd', kind: 'small' }, ms: nowMs, value: 1.5e-7 },
      { labels: { __name__: 'metric.with.dots', größe: 'ü' }, ms: nowMs, value: 1 },
    ],
    {
      metadata: [
        { name: 'requests', type: 'counter', unit: '', help: 'Requests.' },
        { name: 'odd', type: 'gauge', unit: 'seconds', help: 'Odd values.' },
      ],
      exemplars: [
        {
          labels: { __name__: 'requests_total', job: 'api', instance: 'a:1' },
          exemplar: {
            ref: 0,
            timestampMs: nowMs - 500,
            value: 0.25,
            traceId: Buffer.alloc(16, 1),
            spanId: Buffer.alloc(8, 2),
            labels: [['trace_id', '01'.repeat(16)]],
          },
        },
      ],
      histograms: [
        {
          labels: { __name__: 'native' },
          histogram: {
            ref: 0,
            timestampMs: nowMs,
            schema: 0,
            zeroThreshold: 0.001,
            zeroCount: 1,
            count: 4,
            sum: 5.5,
            positiveSpans: [{ offset: 0, length: 2 }],
            positiveCounts: [1, 2],
            negativeSpans: [],
            negativeCounts: [],
            customBounds: [],
            resetHint: 0,
            isFloat: false,
            isDelta: false,
          },
        },
      ],
    },
  )
  await fixture.write(2, [{ labels: { __name__: 'secret' }, ms: nowMs, value: 42 }])
}
