import type { Secret } from '../../runtime/config/secret.ts'
import { countFailure, failureOf } from '../failure.ts'
import type { AuthorizeIngest, IngestDecision, ReceiverContext, SocketReceiver } from '../receiver.ts'

/** Where a socket listener listens and for whom, as the configuration says it. */
export interface SocketListenerSettings {
  readonly listen: { readonly host: string; readonly port: number } | null
  /** Name; '': the default tenant. */
  readonly tenant: string
  readonly token: Secret
}

/** What listeners on sockets work with. */
export interface SocketIngest {
  readonly context: ReceiverContext
  readonly authorizeIngest: AuthorizeIngest
  readonly settings: SocketListenerSettings
}

/**
 * Whether a sender may deliver, and into which tenant. Sockets have no headers: the listener names the tenant, and shows
 * its token, if it has one, on behalf of all its senders. Never throws.
 */
export async function decideEntry(
  address: string,
  { settings, authorizeIngest, context }: SocketIngest,
): Promise<IngestDecision> {
  const token = settings.token.reveal()
  const headers = {
    ...(settings.tenant === '' ? {} : { 'x-scope-orgid': settings.tenant }),
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  }
  try {
    return await authorizeIngest(headers, address)
  } catch (error) {
    const { kind, message } = failureOf(error)
    if (kind === 'internal') context.logger.error({ err: error }, 'a sender could not be judged')
    return { status: 403, message }
  }
}

/** Counts messages that were longer than they may be. */
export function countTooLong(
  receiver: Pick<SocketReceiver, 'name' | 'signals'>,
  context: ReceiverContext,
  about: {
    readonly tenant: Parameters<ReceiverContext['ledger']['received']>[0]['tenant']
    readonly count: number
    readonly maxBytes: number
  },
): void {
  const key = { tenant: about.tenant, signal: receiver.signals[0], receiver: receiver.name }
  for (let i = 0; i < about.count; i++)
    countFailure(
      context.ledger,
      {
        kind: 'too_large',
        status: 413,
        message: `a message is longer than ${about.maxBytes} bytes`,
        retryAfterMs: null,
      },
      { key, bytes: about.maxBytes },
    )
}
