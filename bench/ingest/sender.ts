import { Agent, request } from 'node:http'
import type { Load } from './load.ts'
import { loads } from './loads.ts'

/** What a sender process is told, as JSON in its first argument. */
export interface SenderOrder {
  readonly url: string
  readonly load: string
  /** Records per second; 0 = as fast as they are acknowledged. */
  readonly rate: number
  readonly seconds: number
  readonly connections: number
}

/** What it prints as its last line, as JSON. */
export interface SenderReport {
  readonly load: string
  readonly sentRecords: number
  readonly acknowledgedRecords: number
  readonly refusedRequests: number
  readonly firstRefusal: string
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly ackMaxMs: number
}

class Sender {
  private readonly order: SenderOrder
  private readonly load: Load
  private readonly agent: Agent
  private readonly latencies: number[] = []
  private bodies = 0
  private sent = 0
  private acknowledged = 0
  private refused = 0
  private firstRefusal = ''
  private startedMs = 0

  constructor(order: SenderOrder) {
    this.order = order
    this.load = loads[order.load]()
    this.agent = new Agent({ keepAlive: true, maxSockets: order.connections })
  }

  async run(): Promise<SenderReport> {
    this.startedMs = performance.now()
    await Promise.all(Array.from({ length: this.order.connections }, () => this.lane()))
    this.agent.destroy()
    const sorted = this.latencies.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return {
      load: this.load.name,
      sentRecords: this.sent,
      acknowledgedRecords: this.acknowledged,
      refusedRequests: this.refused,
      firstRefusal: this.firstRefusal,
      seconds: (performance.now() - this.startedMs) / 1000,
      ackP50Ms: at(0.5),
      ackP99Ms: at(0.99),
      ackMaxMs: at(1),
    }
  }

  /** One connection: waits for its turn, sends, waits for the answer. */
  private async lane(): Promise<void> {
    for (;;) {
      const elapsed = (performance.now() - this.startedMs) / 1000
      if (elapsed >= this.order.seconds && this.load.bodies === undefined) return
      if (this.bodies === this.load.bodies) return
      const due = this.order.rate === 0 ? 0 : this.sent / this.order.rate
      if (due > elapsed) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(50, (due - elapsed) * 1000)))
        continue
      }
      this.bodies += 1
      this.sent += this.load.recordsPerRequest
      await this.post(Buffer.from(this.load.next(Date.now())))
    }
  }

  private async post(body: Buffer): Promise<void> {
    const started = performance.now()
    const answer = await send(this.order.url + this.load.path, { agent: this.agent, headers: this.load.headers, body })
    this.latencies.push(performance.now() - started)
    if (answer.status >= 200 && answer.status < 300) this.acknowledged += this.load.recordsPerRequest
    else {
      this.refused += 1
      if (this.firstRefusal === '') this.firstRefusal = `${answer.status} ${answer.text.slice(0, 200)}`
    }
  }
}

interface Post {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

function send(url: string, { agent, headers, body }: Post): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      },
    )
    outgoing.on('error', (error) => resolve({ status: 0, text: error.message }))
    outgoing.end(body)
  })
}

if (process.argv[2] !== undefined) {
  const report = await new Sender(JSON.parse(process.argv[2]) as SenderOrder).run()
  console.log(JSON.stringify(report))
}
