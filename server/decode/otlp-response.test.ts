import { Buffer } from 'node:buffer'
import { fromBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { ExportServiceResponseSchema, RpcRetryInfoSchema, RpcStatusSchema } from '../../test/fixtures/otlp/otlp_pb.js'
import { encodeOtlpResponse, encodeRpcStatus } from './otlp-response.ts'

const json = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString())

describe('encodeOtlpResponse', () => {
  it('is empty where all rows were taken', () => {
    expect(encodeOtlpResponse('logs', null, 'protobuf')).toHaveLength(0)
    expect(json(encodeOtlpResponse('logs', null, 'json'))).toEqual({})
  })

  it.each([
    ['logs', 'rejectedLogRecords'],
    ['traces', 'rejectedSpans'],
    ['metrics', 'rejectedDataPoints'],
  ] as const)('tells the rejected rows of %s', (signal, name) => {
    const partial = { rejectedCount: 3_000_000_000, errorMessage: `${'too_old: é '.repeat(40)}` }
    const message = fromBinary(ExportServiceResponseSchema, encodeOtlpResponse(signal, partial, 'protobuf'))
    expect(message.partialSuccess).toMatchObject({ rejected: 3_000_000_000n, errorMessage: partial.errorMessage })
    expect(json(encodeOtlpResponse(signal, partial, 'json'))).toEqual({
      partialSuccess: { [name]: '3000000000', errorMessage: partial.errorMessage },
    })
  })

  it('has room for a warning about rows that were taken', () => {
    const partial = { rejectedCount: 0, errorMessage: 'old protocol' }
    const message = fromBinary(ExportServiceResponseSchema, encodeOtlpResponse('logs', partial, 'protobuf'))
    expect(message.partialSuccess).toMatchObject({ rejected: 0n, errorMessage: 'old protocol' })
  })
})

describe('encodeRpcStatus', () => {
  it('has code and message', () => {
    const status = fromBinary(RpcStatusSchema, encodeRpcStatus({ code: 3, message: 'no' }, 'protobuf'))
    expect(status).toMatchObject({ code: 3, message: 'no', details: [] })
    expect(json(encodeRpcStatus({ code: 3, message: 'no' }, 'json'))).toEqual({ code: 3, message: 'no' })
  })

  it.each([
    [0, 0n, 0, '0s'],
    [250, 0n, 250_000_000, '0.250000000s'],
    [1_000, 1n, 0, '1s'],
    [61_500, 61n, 500_000_000, '61.500000000s'],
  ])('asks to come again after %d ms', (retryDelayMs, seconds, nanos, text) => {
    const status = { code: 14, message: 'full', retryDelayMs }
    const [detail] = fromBinary(RpcStatusSchema, encodeRpcStatus(status, 'protobuf')).details
    expect(detail.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo')
    expect(fromBinary(RpcRetryInfoSchema, detail.value).retryDelay).toMatchObject({ seconds, nanos })
    expect(json(encodeRpcStatus(status, 'json')).details).toEqual([{ '@type': detail.typeUrl, retryDelay: text }])
  })
})
