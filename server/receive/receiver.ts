import type { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { ContentCoding } from '../decode/decompress.ts'
import type { OtlpTranslation } from '../decode/otlp-metrics/otlp-translation.ts'
import type { LogBatch } from '../model/batch.ts'
import type { Ledger } from '../model/ledger.ts'
import type { Memory } from '../model/memory.ts'
import type { ScrapeTargetState } from '../model/origin/scrape-target.ts'
import type { SeriesTables } from '../model/series-table.ts'
import type { Signal } from '../model/signal.ts'
import type { BatchSink } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Config } from '../runtime/config/schema.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Part } from '../runtime/part.ts'
import type { Failure } from './failure.ts'
import type { InFlight } from './in-flight.ts'

/**
 * One way in for telemetry: one file in `protocols/`, one object, one line in `protocols/registry.ts`. Routes, the
 * contract suite, the docs and the "Add data" page are derived from it.
 *
 * A receiver turns bytes into batches (by a decoder), appends them to the sink and answers its sender only after
 * the sink has resolved. Sockets, size limits, decompression, authentication and the choice of tenant are the
 * listener's work; errors are thrown (DecodeError, JournalFull, Overloaded) and turned into answers by `refuse`.
 */
export type Receiver = HttpReceiver | GrpcReceiver | SocketReceiver | ActiveReceiver

interface ReceiverDescription {
  /** Public name, snake_case, unique: `receiver` of its batches, key of its configuration and of its metrics. */
  readonly name: string
  /** As people read it, e.g. `Prometheus remote write`. */
  readonly title: string
  /** What sends to it, in a sentence or two. */
  readonly summary: string
  readonly signals: readonly Signal[]
  /** Where senders find it unless the configuration says otherwise; 0: it does not listen. */
  readonly defaultPort: number
  /** Ready to copy; `{{host}}` and `{{port}}` are filled in where they are shown. */
  readonly snippets: readonly Snippet[]
}

/** One piece of a sender's configuration. */
export interface Snippet {
  readonly title: string
  readonly language: 'yaml' | 'shell' | 'javascript' | 'text'
  readonly template: string
}

/** What all receivers work with; made by main. */
export interface ReceiverContext {
  readonly sink: BatchSink
  readonly tables: SeriesTables
  /** For what cannot become a batch; rows of batches are counted by the sink. */
  readonly ledger: Ledger
  readonly clock: Clock
  readonly logger: Logger
  /** Rows of log records that lines still to come may belong to (`openTraceRows`); absent: none are held back for them. */
  readonly openTraceRows?: (batch: LogBatch) => Uint8Array | null
  /** Where batches that are gathered here have their memory from; absent: memory of their own. */
  readonly inFlight?: InFlight
  /** Tenant of what an active receiver fetches; absent: `default`. */
  readonly tenant?: TenantId
  /** How OTLP metrics become series; absent: as Prometheus 3 does it by default. One for the process: it remembers. */
  readonly otlpTranslation?: OtlpTranslation
}

/** `ingest`: the OTLP port (4318). `api`: the port that people and programs use (8080). */
export type HttpListenerName = 'ingest' | 'api'

export interface HttpReceiver extends ReceiverDescription {
  readonly kind: 'http'
  readonly routes: readonly HttpRoute[]
  /** The protocol's own words for a request that was not taken. `mediaType` is the request's, '' if it had none. */
  refuse(failure: Failure, mediaType: string): HttpReply
  /**
   * The token that a request carries in a place of the protocol's own (`Authorization: Splunk …`, `DD-API-KEY`);
   * undefined: none there, so the places that all requests share count. What is found is checked as a bearer token.
   */
  tokenOf?(headers: IncomingHttpHeaders, query: HttpQuery): string | undefined
}

/** Parameters behind the question mark. A name that is repeated has a list. */
export type HttpQuery = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Who calls, as far as the headers tell: a browser that opens a page (`Accept` with `text/html`), a Datadog agent or
 * client (`DD-API-KEY`), or any other program. Only for paths that different callers use for different things.
 */
export type HttpCaller = 'browser' | 'datadog' | 'program'

export interface HttpRoute {
  /** GET answers HEAD, too. */
  readonly method: 'POST' | 'PUT' | 'GET' | 'DELETE'
  /** `:name` stands for one step, `*` at the end for the rest; both are in `params`. */
  readonly path: string
  /** Takes requests of this caller only; those of others go on to whoever else has the path. Absent: of any. */
  readonly caller?: HttpCaller
  readonly signal: Signal
  readonly listeners: readonly HttpListenerName[]
  /** Media types without parameters that are taken, others are answered 415; none: any. */
  readonly mediaTypes: readonly string[]
  /** What a request without Content-Encoding is taken for, by its media type perhaps; absent: not compressed. */
  readonly defaultEncoding?: ContentCoding | ((mediaType: string) => ContentCoding)
  /** Bytes of a body, before and after decompression; beyond: 413. */
  readonly maxBodyBytes: number
  /** Throws: DecodeError (400), JournalFull, Overloaded; anything else is a defect of ours (500). */
  handle(request: HttpIngestRequest, context: RequestContext): Promise<HttpReply>
}

/** One request's context: its sink notes the source of what it is given; all else is the process's, which is `of`. */
export interface RequestContext extends ReceiverContext {
  readonly of: ReceiverContext
}

interface IngestOrigin {
  readonly tenant: TenantId
  /** Name of the receiver, for `batch.receiver`. */
  readonly receiver: string
}

export interface HttpIngestRequest extends IngestOrigin {
  /** Bytes before decompression. */
  readonly receivedBytes: number
  readonly headers: IncomingHttpHeaders
  readonly query: HttpQuery
  /** What stands at the `:name` steps of the path, decoded; `*` is the rest. */
  readonly params: Readonly<Record<string, string | undefined>>
  /** Media type in lower case without parameters, '' if there is none. */
  readonly mediaType: string
  /** The whole Content-Type. */
  readonly contentType: string
  /** Decompressed. Good, as all of `memory`, until `handle` has settled; batches must have left the sink by then. */
  readonly body: Uint8Array
  /** For the columns of its batches, where `handle` waits for all of them. */
  readonly memory: Memory
}

export interface HttpReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface GrpcReceiver extends ReceiverDescription {
  readonly kind: 'grpc'
  readonly methods: readonly GrpcMethod[]
}

/** A unary method; messages are bytes. Errors as in HttpRoute.handle. */
export interface GrpcMethod {
  /** e.g. `/opentelemetry.proto.collector.logs.v1.LogsService/Export`. */
  readonly path: string
  readonly signal: Signal
  handle(request: GrpcIngestRequest, context: ReceiverContext): Promise<Uint8Array>
}

export interface GrpcIngestRequest extends IngestOrigin {
  /** Bytes after decompression, for the gRPC library does not tell those before. */
  readonly receivedBytes: number
  readonly message: Uint8Array
  /** For the columns of its batches. Good until `handle` has settled. */
  readonly memory: Memory
}

/** Settings of the receivers on sockets, and of the bounds on those. */
export type SocketSettings = Pick<Config, 'sockets' | 'syslog' | 'fluent' | 'statsd' | 'graphite'>

/** Bytes over sockets without requests: TCP connections, UDP packets, or both (syslog, Graphite, StatsD, Fluent forward). */
export interface SocketReceiver extends ReceiverDescription {
  readonly kind: 'socket'
  /** Made once for the process: TCP and UDP share what it remembers. */
  create(settings: SocketSettings, context: ReceiverContext): SocketIntake
}

/** What takes the bytes of all sockets of one protocol. */
export interface SocketIntake {
  /** A new connection; absent: there are none. */
  open?(connection: SocketPeer & SocketAnswers): StreamSession
  /** One packet; absent: there are none. Never throws: what cannot be kept is counted. The bytes may be kept. */
  datagram?(packet: SocketPeer & { readonly bytes: Buffer }): void
  /** Stores what is held back; within a few seconds. Called when all sockets are closed. */
  stop(): Promise<void>
}

/** Who sends. Sockets have no headers: the tenant is that of the listener. */
export interface SocketPeer {
  readonly tenant: TenantId
  readonly address: string
}

/** The way back to the sender of a connection; does nothing once it is gone. */
export interface SocketAnswers {
  write(bytes: Uint8Array): void
}

/** One connection. */
export interface StreamSession {
  /**
   * Takes the next bytes; they may be kept. Resolves when more may be read: what makes a fast sender wait.
   * Throws: DecodeError where the connection cannot go on; it is closed then, and the sender told by that.
   */
  push(chunk: Buffer): Promise<void> | void
  /** The sender has closed its side: what is whole by now is kept. */
  end(): void
}

/** A receiver that fetches what it takes in. */
export interface ActiveReceiver extends ReceiverDescription {
  readonly kind: 'active'
  /** `settings` is its section of the configuration. `start` throws an Error that names every wrong key. */
  create(settings: unknown, context: ReceiverContext): ActivePart
}

export interface ActivePart extends Part {
  /** Follows changed settings (undefined: reads the files of the present ones again). Throws as `create`. */
  reload(settings?: unknown): Promise<void>
  /** What it fetches from, for the API. */
  targets(): readonly ScrapeTargetState[]
}

/** Decides who may send, and for which tenant. Passed in by main; called before the body is read. */
export type AuthorizeIngest = (
  headers: IncomingHttpHeaders,
  remoteAddress: string,
) => IngestDecision | Promise<IngestDecision>

export type IngestDecision =
  | {
      readonly tenant: TenantId
      /** Name of the access key that was shown, never the key itself; '' or absent: none was needed. */
      readonly accessKey?: string
    }
  | { readonly status: 401 | 403 | 404; readonly message: string }

/** OpenTelemetry's limit for one request, before and after decompression. Source: OTLP specification. */
export const maxRequestBytes = 20 * 1024 * 1024
