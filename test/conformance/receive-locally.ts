import { fastify } from 'fastify'
import { createSeriesTables } from '../../server/model/series-interner.ts'
import { defaultTenant } from '../../server/model/tenant.ts'
import { createLedger } from '../../server/pipeline/ledger.ts'
import { registerHttpReceivers } from '../../server/receive/http-routes.ts'
import { createInFlight } from '../../server/receive/in-flight.ts'
import type { HttpReceiver, ReceiverContext } from '../../server/receive/receiver.ts'
import { systemClock } from '../../server/runtime/clock.ts'
import { silentLogger } from '../../server/runtime/logger.ts'

/** A receiver that listens on a free port of this machine. */
export interface LocalReceiver {
  readonly origin: string
  close(): Promise<void>
}

export async function receiveInto(
  receiver: HttpReceiver,
  parts: Pick<ReceiverContext, 'sink' | 'otlpTranslation'>,
): Promise<LocalReceiver> {
  const app = fastify()
  const tables = await createSeriesTables()
  const ledger = createLedger(systemClock)
  const context = { ...parts, tables, ledger, clock: systemClock, logger: silentLogger() }
  const authorizeIngest = () => ({ tenant: defaultTenant })
  await registerHttpReceivers(app, [receiver], {
    context,
    authorizeIngest,
    inFlight: createInFlight(),
    listener: 'api',
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { origin, close: () => app.close() }
}
