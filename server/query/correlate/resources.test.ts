import { describe, expect, it } from 'vitest'
import { resourceNamePattern, resourceRules } from './resource-rules.ts'
import { judgeResources } from './resources.ts'

type Labels = Record<string, string>
const place: Labels = { service: 'payment', instance: 'p-1' }

/** The labels stand beside or instead of those of payment. */
type Short = readonly [name: string, value: number, labels?: Labels]

function judge(...series: readonly Short[]): string[] {
  const rows = series.map(([name, , labels], i) => ({
    ...{ metric: '1', series: String(i), labels: { __name__: name, ...place, ...labels } },
  }))
  const figures = series.map(([, value], i) => ({
    ...{ series: String(i), count: 1, last: value, lastMs: 1, min: value, max: value, maxMs: 1 },
  }))
  return judgeResources(rows, figures).map(
    (one) => `${one.title}: ${one.value}/${one.maxValue}${one.isWarning ? ' !' : ''}`,
  )
}

describe('resources', () => {
  const cases: readonly [string, readonly Short[], readonly string[]][] = [
    [
      'near its limit',
      [
        ['db_connections_active', 95],
        ['db_connections_max', 100],
      ],
      ['Database connections: 95/100 !'],
    ],
    [
      'far from its limit',
      [
        ['db_connections_active', 89],
        ['db_connections_max', 100],
      ],
      ['Database connections: 89/100'],
    ],
    ['without a limit', [['db_connections_active', 95]], []],
    [
      'a limit of zero is none',
      [
        ['process_open_fds', 9],
        ['process_max_fds', 0],
      ],
      [],
    ],
    [
      'OpenTelemetry pool: used against max, idle is nothing',
      [
        ['db_client_connection_count', 9, { db_client_connection_state: 'used' }],
        ['db_client_connection_count', 1, { db_client_connection_state: 'idle' }],
        ['db_client_connection_max', 10],
      ],
      ['Database connections: 9/10 !'],
    ],
    [
      'each pool against its own limit',
      [
        ['db_connections_active', 9, { pool: 'a' }],
        ['db_connections_max', 100, { pool: 'a' }],
        ['db_connections_active', 9, { pool: 'b' }],
        ['db_connections_max', 10, { pool: 'b' }],
      ],
      ['Database connections: 9/10 !', 'Database connections: 9/100'],
    ],
    [
      'no limit of another instance',
      [
        ['db_connections_active', 9, { instance: 'p-2' }],
        ['db_connections_max', 10],
      ],
      [],
    ],
    [
      'by the ending of its name',
      [
        ['worker_slots_busy', 8],
        ['worker_slots_capacity', 8],
      ],
      ['Worker slots: 8/8 !'],
    ],
    ['a share of 1', [['system_cpu_utilization', 0.95]], ['System cpu utilization: 0.95/1 !']],
    [
      'callers that wait',
      [
        ['db_connections_waiting', 3],
        ['other_waiting', 0],
      ],
      ['Database connections waiting: 3/null !', 'Other waiting: 0/null'],
    ],
    ['nothing that any rule knows', [['http_requests_total', 3]], []],
  ]
  it.each(cases)('%s', (_name, series, wanted) => {
    expect(judge(...series)).toEqual(wanted)
  })

  it('looks up every name that a rule uses', () => {
    const pattern = new RegExp(`^${resourceNamePattern}`)
    for (const rule of resourceRules) for (const name of [rule.used, ...rule.limits]) expect(name).toMatch(pattern)
    expect('http_requests_total').not.toMatch(pattern)
  })
})
