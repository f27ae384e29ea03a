import { describe, expect, it } from 'vitest'
import { parseScrapeConfig } from './config/parse-config.ts'
import { judgeTarget, offsetOf, type Target } from './target.ts'

function judge(labels: Record<string, string>, config: Record<string, unknown> = {}) {
  const { configs } = parseScrapeConfig({ scrape_configs: [{ job_name: 'job', ...config }] })
  return judgeTarget(labels, configs[0])
}

function targetOf(labels: Record<string, string>, config: Record<string, unknown> = {}): Target {
  const judged = judge(labels, config)
  if (!('target' in judged)) throw new Error(JSON.stringify(judged))
  return judged.target
}

const set = (label: string, value: string) => ({ relabel_configs: [{ target_label: label, replacement: value }] })

describe('target', () => {
  it.each<[string, Record<string, string>, Record<string, unknown>, string]>([
    ['adds no port', { __address__: 'host' }, {}, 'http://host/metrics'],
    ['takes IPv6', { __address__: '[::1]:9100' }, {}, 'http://[::1]:9100/metrics'],
    ['follows scheme and path', { __address__: 'h:1' }, { scheme: 'https', metrics_path: '/a/b' }, 'https://h:1/a/b'],
    [
      'follows labels over the configuration',
      { __address__: 'h:1', __scheme__: 'https', __metrics_path__: '/x' },
      { metrics_path: '/a' },
      'https://h:1/x',
    ],
    [
      'sends all values of a parameter, sorted by name',
      { __address__: 'h:1' },
      { params: { b: ['1', '2'], a: ['x y'] } },
      'http://h:1/metrics?a=x+y&b=1&b=2',
    ],
    [
      'relabels the first value of a parameter',
      { __address__: 'h:1' },
      { params: { b: ['1', '2'] }, ...set('__param_b', 'new') },
      'http://h:1/metrics?b=new&b=2',
    ],
    [
      'adds a parameter by relabelling',
      { __address__: 'h:1' },
      set('__param_target', 'x'),
      'http://h:1/metrics?target=x',
    ],
    [
      'keeps the query of a path',
      { __address__: 'h:1' },
      { metrics_path: '/probe?m=1', params: { t: ['2'] } },
      'http://h:1/probe?m=1&t=2',
    ],
  ])('%s', (_name, labels, config, url) => {
    expect(targetOf(labels, config).url).toBe(url)
  })

  it('has the labels that do not begin with __; instance is the address unless it is set', () => {
    const labels = { __address__: 'h:1', __meta_x: 'y', env: 'prod', empty: '' }
    expect(Object.fromEntries(targetOf(labels).labels)).toEqual({ env: 'prod', instance: 'h:1', job: 'job' })
    expect(Object.fromEntries(targetOf({ ...labels, instance: 'own', job: 'other' }).labels)).toMatchObject({
      instance: 'own',
      job: 'other',
    })
  })

  it('has its interval and timeout from labels', () => {
    const target = targetOf({ __address__: 'h:1', __scrape_interval__: '5s', __scrape_timeout__: '2s' })
    expect(target).toMatchObject({ intervalMs: 5000, timeoutMs: 2000 })
  })

  it.each<[Record<string, string>, string]>([
    [{}, 'no address'],
    [{ __address__: 'h:1/metrics' }, '"h:1/metrics" is not a valid host name'],
    [{ __address__: 'h:port' }, 'no URL can be made of address "h:port"'],
    [{ __address__: 'h', __scrape_interval__: 'soon' }, 'label __scrape_interval__ is not a duration above 0'],
    [{ __address__: 'h', __scrape_timeout__: '0s' }, 'label __scrape_timeout__ is not a duration above 0'],
    [{ __address__: 'h', __scrape_timeout__: '2m' }, 'the scrape timeout is longer than the scrape interval'],
  ])('%j cannot be scraped', (labels, fault) => {
    expect(judge(labels)).toMatchObject({ fault })
  })

  it('that relabelling drops is kept with what it was', () => {
    const judged = judge(
      { __address__: 'h:1' },
      { relabel_configs: [{ source_labels: ['job'], regex: 'job', action: 'drop' }] },
    )
    expect(judged).toHaveProperty('dropped')
  })

  it('is the same as long as URL and labels are, and only then', () => {
    const { id } = targetOf({ __address__: 'h:1', __meta_a: 'x' })
    expect(targetOf({ __address__: 'h:1', __meta_a: 'y' }).id).toBe(id)
    expect(targetOf({ __address__: 'h:2' }).id).not.toBe(id)
    expect(targetOf({ __address__: 'h:1', env: 'x' }).id).not.toBe(id)
  })

  it('has its place in the interval: a thousand targets are spread evenly', () => {
    const tenths = new Array<number>(10).fill(0)
    for (let i = 0; i < 1000; i++) {
      const offset = offsetOf(targetOf({ __address__: `host-${i}:9100` }))
      expect(offset).toBeLessThan(60_000)
      tenths[Math.floor(offset / 6000)] += 1
    }
    for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(40)
  })
})
