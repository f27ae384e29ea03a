import { type Lane, laneOf } from './lanes.ts'
import type { Load } from './load.ts'
import { loads } from './loads.ts'

/** What a sender process is told, as JSON in its first argument. */
export interface SenderOrder {
  readonly url: string
  /** Ports of listeners, by name, for loads that do not go over HTTP. */
  readonly ports: Readonly<Record<string, number>>
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
  }

  async run(): Promise<SenderReport> {
    this.startedMs = performance.now()
    await Promise.all(Array.from({ length: this.order.connections }, () => this.lane(laneOf(this.load, this.order))))
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
  private async lane(lane: Lane): Promise<void> {
    for (;;) {
      const elapsed = (performance.now() - this.startedMs) / 1000
      if (elapsed >= this.order.seconds && this.load.bodies === undefined) return lane.end()
      if (this.bodies === this.load.bodies) return lane.end()
      const due = this.order.rate === 0 ? 0 : this.sent / this.order.rate
      if (due > elapsed) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(50, (due - elapsed) * 1000)))
        continue
      }
      this.bodies += 1
      this.sent += this.load.recordsPerRequest
      await this.post(lane, Buffer.from(this.load.next(Date.now())))
    }
  }

  private async post(lane: Lane, body: Buffer): Promise<void> {
    const started = performance.now()
    const answer = await lane.send(body)
    this.latencies.push(performance.now() - started)
    if (answer.status >= 200 && answer.status < 300) this.acknowledged += this.load.recordsPerRequest
    else {
      this.refused += 1
      if (this.firstRefusal === '') this.firstRefusal = `${answer.status} ${answer.text.slice(0, 200)}`
    }
  }
}

if (process.argv[2] !== undefined) {
  const report = await new Sender(JSON.parse(process.argv[2]) as SenderOrder).run()
  console.log(JSON.stringify(report))
}
