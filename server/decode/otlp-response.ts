import { Buffer } from 'node:buffer'
import type { Signal } from '../model/signal.ts'
import { ProtobufWriter } from './wire/protobuf-writer.ts'

/** How an answer is encoded: as the request was. */
export type OtlpFormat = 'protobuf' | 'json'

/** Rows of a request that were not stored, and why, in words for the sender. */
export interface PartialSuccess {
  readonly rejectedCount: number
  readonly errorMessage: string
}

const rejectedNames: Readonly<Record<Signal, string>> = {
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
}

/**
 * Encodes the answer to an OTLP export that was taken: an empty message where all of it was (null), else with
 * `partial_success`. A count of 0 with a message is a warning about rows that were all stored.
 * Source: OTLP specification, "Partial Success"; collector/{logs,trace,metrics}/v1: the fields have the same numbers.
 */
export function encodeOtlpResponse(signal: Signal, partial: PartialSuccess | null, format: OtlpFormat): Uint8Array {
  if (format === 'json') return Buffer.from(JSON.stringify(partial === null ? {} : jsonResponse(signal, partial)))
  const response = new ProtobufWriter()
  if (partial !== null) {
    const message = new ProtobufWriter().integer(1, partial.rejectedCount).text(2, partial.errorMessage)
    response.bytes(1, message.finish())
  }
  return response.finish()
}

function jsonResponse(signal: Signal, { rejectedCount, errorMessage }: PartialSuccess) {
  // int64 is a string in protobuf's JSON.
  return { partialSuccess: { [rejectedNames[signal]]: String(rejectedCount), errorMessage } }
}

/** An error, for the body of an HTTP answer and for gRPC's trailer `grpc-status-details-bin`. */
export interface RpcStatus {
  /** Number of a google.rpc.Code. */
  readonly code: number
  readonly message: string
  /** Where given, a google.rpc.RetryInfo says to send again after this time. */
  readonly retryDelayMs?: number
}

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

/** Encodes a google.rpc.Status. Source: google/rpc/status.proto and error_details.proto; OTLP, "Failures", "Throttling". */
export function encodeRpcStatus(status: RpcStatus, format: OtlpFormat): Uint8Array {
  const { code, message, retryDelayMs } = status
  if (format === 'json') return Buffer.from(JSON.stringify(jsonStatus(status)))
  const writer = new ProtobufWriter().integer(1, code).text(2, message)
  if (retryDelayMs !== undefined) {
    const delay = new ProtobufWriter().integer(1, wholeSeconds(retryDelayMs)).integer(2, nanos(retryDelayMs))
    const info = new ProtobufWriter().bytes(1, delay.finish())
    writer.bytes(3, new ProtobufWriter().text(1, retryInfoType).bytes(2, info.finish()).finish())
  }
  return writer.finish()
}

function jsonStatus({ code, message, retryDelayMs }: RpcStatus) {
  if (retryDelayMs === undefined) return { code, message }
  const fraction = nanos(retryDelayMs)
  const retryDelay = `${wholeSeconds(retryDelayMs)}${fraction === 0 ? '' : `.${String(fraction).padStart(9, '0')}`}s`
  return { code, message, details: [{ '@type': retryInfoType, retryDelay }] }
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function nanos(ms: number): number {
  return Math.floor((ms % 1000) * 1_000_000)
}
