import type { Buffer } from 'node:buffer'

/** One message without its framing, as it arrived. */
export interface SyslogMessage {
  readonly bytes: Buffer
  readonly receivedMs: number
  /** IP address of the sender, '' where it is not known. */
  readonly address: string
}
