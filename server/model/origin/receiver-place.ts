/** One way in for telemetry, as people look for it. */
export interface ReceiverPlace {
  /** `receiver` of its batches. */
  readonly receiver: string
  /** As people read it, e.g. `Prometheus remote write`. */
  readonly title: string
  /** Where senders find it by the configuration, the first first: `:4317`, `/api/v1/write`, `udp :8125`; none: it fetches. */
  readonly listensAt: readonly string[]
}
