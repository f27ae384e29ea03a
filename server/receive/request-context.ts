import type { RowSource } from '../model/origin/row-source.ts'
import type { ReceiverContext, RequestContext } from './receiver.ts'

/** The context of one request: what it appends is from `source`, so that decoders need not know of senders. */
export function requestContext(of: ReceiverContext, source: RowSource): RequestContext {
  return { ...of, of, sink: { append: (batch) => of.sink.append({ ...batch, source }) } }
}
