import fc from 'fast-check'
import { describe, it } from 'vitest'
import { decodeBulk } from '../elasticsearch/bulk.ts'
import { decodeNdjsonLogs } from '../ndjson-logs.ts'
import { documentOf, expectSameByBothReaders, logDocument } from './two-readers-suite.ts'

/** Keys that Elastic's schema has and OpenTelemetry names otherwise, with some that they become. */
const ecsKeys = [
  ...[
    'kubernetes',
    'namespace',
    'namespace_name',
    'kubernetes.pod.name',
    'pod_name',
    'container',
    'host',
    'service',
    'name',
  ],
  ...[
    'service.environment',
    'service.node.name',
    'deployment.environment.name',
    'error',
    'type',
    'message',
    'log',
    'level',
  ],
  ...[
    'origin',
    'file',
    'line',
    'k8s.namespace.name',
    'k8s.container.name',
    'process',
    'thread',
    'id',
    'trace',
    'log.origin',
  ],
]

describe('log records', () => {
  it('of lines are the same rows whether they are read where they stand or as values', () => {
    const lines = fc.array(logDocument, { maxLength: 3 }).map((list) => list.join('\n'))
    expectSameByBothReaders(lines, decodeNdjsonLogs, { seed: 11, numRuns: 4_000 })
  })

  it('of a bulk request are the same', () => {
    const value = fc.oneof(
      fc.constantFrom('"x"', '"y"', '5', '""', 'null'),
      documentOf(ecsKeys, fc.constantFrom('"x"', '1', 'null')),
    )
    const documents = fc.array(fc.oneof(logDocument, documentOf(ecsKeys, value)), { maxLength: 3 })
    const requests = documents.map((list) => list.map((text) => `{"create":{"_index":"i"}}\n${text}\n`).join(''))
    expectSameByBothReaders(requests, (body, given) => decodeBulk(body, '', given).batch, { seed: 12, numRuns: 4_000 })
  })
})
