import { createSocket, type Socket } from 'node:dgram'
import type { ListenerPart } from '../http-listener.ts'
import type { IngestDecision, SocketIntake } from '../receiver.ts'
import { decideEntry, type SocketIngest } from './socket-entry.ts'

/** How long a decision about a sender is kept, ms: it is asked for by packet, and a token may be taken back. */
const decisionMs = 10_000

/** Senders whose decision is kept; beyond, all are asked for anew. */
const maxSenders = 10_000

/** Bytes that the kernel is asked to hold for us; it may give less (`net.core.rmem_max`), and drops what is beyond. */
const kernelBufferBytes = 4 * 1024 * 1024

export interface DatagramListenerOptions extends SocketIngest {
  /** e.g. `syslog.udp`. */
  readonly name: string
  readonly intake: SocketIntake
}

interface Sender {
  readonly untilMs: number
  decision: IngestDecision | Promise<IngestDecision>
}

/** Listens for UDP packets. Packets of senders that may not send are passed over, and counted in `health`. */
export class DatagramListener implements ListenerPart {
  readonly name: string
  readonly #options: DatagramListenerOptions
  readonly #senders = new Map<string, Sender>()
  #socket: Socket | null = null
  #port = 0
  #refusedPackets = 0

  constructor(options: DatagramListenerOptions) {
    this.name = `${options.name}-listener`
    this.#options = options
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    const { settings, context } = this.#options
    if (settings.listen === null) return
    const { host, port } = settings.listen
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
    socket.on('message', (bytes, { address }) => this.#take(bytes, address.replace(/^::ffff:/i, '')))
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: host, port }, () => {
        socket.off('error', reject)
        socket.on('error', (error) => context.logger.error({ err: error }, `${this.name} failed`))
        resolve()
      })
    })
    try {
      socket.setRecvBufferSize(kernelBufferBytes)
    } catch (error) {
      context.logger.debug({ err: error }, 'the kernel keeps its own buffer size for UDP')
    }
    this.#socket = socket
    this.#port = socket.address().port
  }

  async stop(): Promise<void> {
    const socket = this.#socket
    this.#socket = null
    this.#port = 0
    if (socket !== null) await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  health() {
    const detail = this.#refusedPackets === 0 ? {} : { detail: `${this.#refusedPackets} packets refused` }
    return this.#socket === null ? { ready: false, detail: 'does not listen yet' } : { ready: true, ...detail }
  }

  #take(bytes: Buffer, address: string): void {
    const decision = this.#decisionOf(address)
    if (decision instanceof Promise) void decision.then((settled) => this.#hand(bytes, address, settled))
    else this.#hand(bytes, address, decision)
  }

  #hand(bytes: Buffer, address: string, decision: IngestDecision): void {
    if ('status' in decision) {
      if (this.#refusedPackets++ === 0)
        this.#options.context.logger.warn(
          { listener: this.name, address, why: decision.message },
          'packets are refused',
        )
      return
    }
    try {
      this.#options.intake.datagram?.({ tenant: decision.tenant, address, bytes })
    } catch (error) {
      this.#options.context.logger.error({ err: error, listener: this.name }, 'a packet could not be taken')
    }
  }

  #decisionOf(address: string): IngestDecision | Promise<IngestDecision> {
    const nowMs = this.#options.context.clock.nowMs()
    const known = this.#senders.get(address)
    if (known !== undefined && known.untilMs > nowMs) return known.decision
    if (this.#senders.size >= maxSenders) this.#senders.clear()
    const decision = decideEntry(address, this.#options)
    const sender: Sender = { untilMs: nowMs + decisionMs, decision }
    this.#senders.set(address, sender)
    void decision.then((settled) => {
      sender.decision = settled
    })
    return decision
  }
}
