import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { DecodeError } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import { countFailure, failureOf } from '../failure.ts'
import type { ListenerPart } from '../http-listener.ts'
import type { SocketIntake, SocketReceiver, StreamSession } from '../receiver.ts'
import { decideEntry, type SocketIngest, type SocketListenerSettings } from './socket-entry.ts'

/** How long a TLS handshake may take, ms. */
const handshakeTimeoutMs = 10_000

/** How long a stop waits for bytes that are being taken in, ms; then connections are cut. */
const drainMs = 2_000

/** Bytes of answers that a sender may leave unread; beyond, its connection is closed. */
const maxUnreadAnswerBytes = 1024 * 1024

export interface StreamListenerSettings extends SocketListenerSettings {
  /** Files in PEM; '' for none. */
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string
}

export interface StreamListenerOptions extends Omit<SocketIngest, 'settings'> {
  /** e.g. `syslog.tcp`. */
  readonly name: string
  readonly receiver: SocketReceiver
  readonly intake: SocketIntake
  readonly settings: StreamListenerSettings
  /** Connections at once; further ones are closed at once. */
  readonly maxConnections: number
  /** A connection over which nothing came for so long is closed, ms; 0: never. */
  readonly idleTimeoutMs: number
}

/** Listens for TCP connections, with TLS where the settings name a certificate. Not reading is what makes a sender wait. */
export class StreamListener implements ListenerPart {
  readonly name: string
  readonly #options: StreamListenerOptions
  readonly #connections = new Set<Connection>()
  #server: Server | null = null
  #refusedConnections = 0

  constructor(options: StreamListenerOptions) {
    this.name = `${options.name}-listener`
    this.#options = options
  }

  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined
    return address?.port ?? 0
  }

  async start(): Promise<void> {
    const { settings, maxConnections } = this.#options
    if (settings.listen === null) return
    const { host, port } = settings.listen
    const server = this.#createServer()
    server.maxConnections = maxConnections
    server.on('drop', () => this.#refuse(`more than ${maxConnections} connections`))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        server.on('error', (error) => this.#options.context.logger.error({ err: error }, `${this.name} failed`))
        resolve()
      })
    })
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const connection of this.#connections) connection.end()
    const cancel = this.#options.context.clock.after(drainMs, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    await closed
    cancel()
  }

  health() {
    const detail = this.#refusedConnections === 0 ? {} : { detail: `${this.#refusedConnections} connections refused` }
    return this.#server === null ? { ready: false, detail: 'does not listen yet' } : { ready: true, ...detail }
  }

  #createServer(): Server {
    const { certFile, keyFile, clientCaFile } = this.#options.settings
    const accept = (socket: Socket): void => void this.#accept(socket)
    if (certFile === '') return createServer({ noDelay: true, pauseOnConnect: true }, accept)
    const server = createTlsServer(
      {
        cert: readFileSync(certFile),
        key: readFileSync(keyFile),
        handshakeTimeout: handshakeTimeoutMs,
        ...(clientCaFile === '' ? {} : { ca: readFileSync(clientCaFile), requestCert: true, rejectUnauthorized: true }),
      },
      accept,
    )
    server.on('tlsClientError', (error) => this.#refuse(`TLS: ${error.message}`))
    return server
  }

  #refuse(why: string): void {
    this.#refusedConnections++
    this.#options.context.logger.warn({ listener: this.name, why }, 'a connection was refused')
  }

  async #accept(socket: Socket): Promise<void> {
    socket.pause()
    socket.on('error', () => socket.destroy())
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
    const decision = await decideEntry(address, this.#options)
    if ('status' in decision) {
      this.#refuse(`${address}: ${decision.message}`)
      socket.destroy()
      return
    }
    if (this.#server === null || socket.destroyed) return void socket.destroy()
    const connection = new Connection(socket, { tenant: decision.tenant, address, options: this.#options })
    this.#connections.add(connection)
    socket.on('close', () => this.#connections.delete(connection))
  }
}

interface ConnectionOptions {
  readonly tenant: TenantId
  readonly address: string
  readonly options: StreamListenerOptions
}

/** One connection: reads a chunk, has it taken in, reads the next. */
class Connection {
  readonly #socket: Socket
  readonly #about: ConnectionOptions
  readonly #session: StreamSession
  #isTaking = false
  #isEnding = false

  constructor(socket: Socket, about: ConnectionOptions) {
    this.#socket = socket
    this.#about = about
    const { intake, idleTimeoutMs } = about.options
    if (intake.open === undefined) throw new Error(`${about.options.name} takes no connections`)
    this.#session = intake.open({
      tenant: about.tenant,
      address: about.address,
      write: (bytes) => this.#write(bytes),
    })
    socket.setTimeout(idleTimeoutMs, () => {
      if (!this.#isTaking) socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.#finish())
    socket.resume()
  }

  /** Closes the connection once what it has read is taken in. */
  end(): void {
    this.#isEnding = true
    if (!this.#isTaking) this.#finish()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #write(bytes: Uint8Array): void {
    if (!this.#socket.writable) return
    this.#socket.write(bytes)
    if (this.#socket.writableLength > maxUnreadAnswerBytes) this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    try {
      const taken = this.#session.push(chunk)
      if (taken === undefined) return
      this.#socket.pause()
      this.#isTaking = true
      taken.then(
        () => this.#goOn(),
        (error) => this.#fail(error),
      )
    } catch (error) {
      this.#fail(error)
    }
  }

  #goOn(): void {
    this.#isTaking = false
    if (this.#isEnding) this.#finish()
    else this.#socket.resume()
  }

  #finish(): void {
    this.#session.end()
    if (this.#isEnding) this.#socket.destroySoon()
    else this.#socket.end()
  }

  #fail(error: unknown): void {
    const { tenant, options, address } = this.#about
    const { context, receiver } = options
    const failure = failureOf(error)
    if (!(error instanceof DecodeError))
      context.logger.error({ err: error, receiver: receiver.name }, 'a connection failed')
    else context.logger.warn({ receiver: receiver.name, address, why: failure.message }, 'a connection was closed')
    const key = { tenant, signal: receiver.signals[0], receiver: receiver.name }
    countFailure(context.ledger, failure, { key, bytes: 0 })
    this.#socket.destroySoon()
  }
}
