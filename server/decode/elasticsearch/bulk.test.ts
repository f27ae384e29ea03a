import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { defaultRecordLimits } from '../decode-context.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeBulk, indexKey } from './bulk.ts'

const context = { tenant: defaultTenant, receiver: 'elasticsearch_bulk', receivedBytes: 1 }
const lines = (...documents: unknown[]) => documents.map((line) => `${JSON.stringify(line)}\n`).join('')
const decode = (text: string, index = '', limits = defaultRecordLimits) => {
  const { batch, items } = decodeBulk(Buffer.from(text), index, { ...context, limits })
  return { batch, items, rows: logRowsOf(batch) }
}
const document = (fields: object) => decode(lines({ create: { _index: 'i' } }, fields)).rows[0]
const attributesOf = (list: readonly { key: string; value: string }[]) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]))

describe('operations', () => {
  it('are items in order, each with its row or its fault', () => {
    const { items, rows, batch } = decode(
      `${lines(
        { create: { _index: 'a', _id: 7 } },
        { message: 'one' },
        { delete: { _index: 'a', _id: 'x' } },
        { update: { _index: 'a', _id: 'y' } },
        { doc: {} },
        { index: {} },
        { message: 'two' },
      )}{"index":{"_index":"b"}}\n{"message":\n${lines({ create: null }, [1], { create: {} })}{"message":"last, without a line end"}`,
      'from-path',
    )
    expect(items.map(({ action, index, id, row, fault }) => [action, index, id, row, fault?.type ?? null])).toEqual([
      ['create', 'a', '7', 0, null],
      ['delete', 'a', 'x', -1, 'illegal_argument_exception'],
      ['update', 'a', 'y', -1, 'illegal_argument_exception'],
      ['index', 'from-path', '', 1, null],
      ['index', 'b', '', -1, 'document_parsing_exception'],
      ['create', 'from-path', '', -1, 'document_parsing_exception'],
      ['create', 'from-path', '', 2, null],
    ])
    expect(rows.map(({ body, attributes }) => [body, attributes])).toEqual([
      ['one', [[indexKey, 's', 'a']]],
      ['two', [[indexKey, 's', 'from-path']]],
      ['last, without a line end', [[indexKey, 's', 'from-path']]],
    ])
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'unsupported', count: 2, sample: expect.stringContaining('items[1]: delete is not supported') },
      { reason: 'malformed', count: 2, sample: expect.stringContaining('items[4]: not JSON') },
    ])
  })

  it('take blank lines and \\r\\n between them', () => {
    expect(decode('\n{"index":{"_index":"a"}}\r\n{"message":"x"}\r\n\r\n').rows).toMatchObject([{ body: 'x' }])
  })

  it.each([
    ['no action', '{"message":"x"}\n', 'line 1'],
    ['no JSON', '{"create":{"_index":"a"}}\n{}\nno\n', 'line 3'],
    ['two actions', '{"create":{},"index":{}}\n{}\n', 'line 1'],
    ['a text for an action', '{"create":"x"}\n{}\n', 'line 1'],
    ['no document behind it', '{"create":{"_index":"a"}}\n', 'line 2'],
    ['an array', '[]\n', 'line 1'],
  ])('refuse the request where an action is %s', (_name, text, place) => {
    expect(() => decode(text)).toThrow(DecodeError)
    expect(() => decode(text)).toThrow(place)
  })

  it('without an index are refused one by one', () => {
    expect(decode(lines({ create: {} }, { message: 'x' })).items[0].fault?.reason).toContain('an index is missing')
  })

  it('beyond a limit are refused one by one', () => {
    const text = lines({ create: {} }, { message: 'x'.repeat(9) }, { create: {} }, { message: 'y' })
    const { items, rows } = decode(text, 'i', { ...defaultRecordLimits, maxBodyBytes: 8 })
    expect(items.map(({ row, fault }) => [row, fault?.reason])).toEqual([
      [-1, 'body_too_long: body has 9 bytes, at most 8'],
      [0, undefined],
    ])
    expect(rows).toMatchObject([{ body: 'y' }])
  })
})

describe('documents', () => {
  it('of ECS become OpenTelemetry records', () => {
    const row = document({
      '@timestamp': '2026-01-01T00:00:00.123Z',
      log: { level: 'ERROR', logger: 'com.example.Cart', file: { path: '/var/log/app.log' } },
      message: 'payment failed',
      service: { name: 'checkout', version: '1.2', environment: 'prod', node: { name: 'n1' } },
      trace: { id: '4BF92f3577b34da6a3ce929d0e0e4736' },
      'span.id': '00f067aa0ba902b7',
      host: { name: 'web-1', os: { type: 'linux' } },
      error: { type: 'IOException', message: 'gone', stack_trace: 'at x' },
      kubernetes: { namespace: 'shop', pod: { name: 'checkout-5' }, labels: { app: 'checkout' } },
      process: { thread: { name: 'main' } },
      http: { response: { status_code: 502 } },
    })
    expect(row).toMatchObject({
      timeUnixNano: 1_767_225_600_123_000_000n,
      severityText: 'ERROR',
      body: 'payment failed',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      scope: { name: 'com.example.Cart' },
    })
    expect(attributesOf(row.resource.attributes)).toEqual({
      'service.name': 'checkout',
      'service.version': '1.2',
      'service.instance.id': 'n1',
      'deployment.environment.name': 'prod',
      'host.name': 'web-1',
      'host.os.type': 'linux',
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'checkout-5',
    })
    expect(Object.fromEntries(row.attributes.map(([key, , value]) => [key, value]))).toEqual({
      'log.file.path': '/var/log/app.log',
      'exception.type': 'IOException',
      'exception.message': 'gone',
      'exception.stacktrace': 'at x',
      'thread.name': 'main',
      'kubernetes.labels.app': 'checkout',
      'http.response.status_code': '502',
      [indexKey]: 'i',
    })
  })

  it('take the service from Kubernetes where they name none', () => {
    const row = document({ log: 'x', kubernetes: { container_name: 'api', pod_name: 'api-1', host: 'node-1' } })
    expect(row.body).toBe('x')
    expect(attributesOf(row.resource.attributes)).toEqual({
      'k8s.container.name': 'api',
      'k8s.pod.name': 'api-1',
      'k8s.node.name': 'node-1',
      'service.name': 'api',
    })
  })

  it('that have both names keep both', () => {
    const row = document({ message: 'x', 'error.type': 'a', 'exception.type': 'b' })
    expect(row.attributes.map(([key, , value]) => [key, value])).toEqual([
      ['error.type', 'a'],
      ['exception.type', 'b'],
      [indexKey, 'i'],
    ])
  })

  it('without a message are their own JSON', () => {
    expect(document({ f1: 'a value', f2: 2 })).toMatchObject({ body: '{"f1":"a value","f2":2}', bodyType: 's' })
  })
})

describe('any request', () => {
  const action = fc.constantFrom('create', 'index', 'update', 'delete')
  const operation = fc.tuple(action, fc.jsonValue({ maxDepth: 3 }))

  it('has an item per operation and a row per item without a fault', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 8 }), (operations) => {
        const text = operations
          .map(([name, value]) => lines({ [name]: { _id: '1' } }, ...(name === 'delete' ? [] : [value])))
          .join('')
        const { items, batch } = decode(text, 'i')
        expect(items.map((item) => item.action)).toEqual(operations.map(([name]) => name))
        expect(items.filter(({ row }) => row >= 0).map(({ row }) => row)).toEqual(
          Array.from({ length: batch.rowCount }, (_, i) => i),
        )
        const rejected = batch.decodeRejections.reduce((sum, { count }) => sum + count, 0)
        expect(rejected + batch.rowCount).toBe(items.length)
      }),
      { seed: 61, numRuns: 300 },
    )
  })

  it('that is damaged is rows or a DecodeError', () => {
    const text = lines({ create: { _index: 'a' } }, { message: 'x', log: { level: 'info' } }, { index: {} }, { a: [1] })
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(Buffer.from(text), list), (bytes) => {
          const { batch, items } = decodeBulk(bytes, 'i', context)
          return { rows: logRowsOf(batch), items }
        })
      }),
      { seed: 62, numRuns: 2_000 },
    )
  })
})
