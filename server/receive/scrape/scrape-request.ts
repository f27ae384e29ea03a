import type { ReceiverContext } from '../receiver.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import { acceptHeader } from './config/scrape-protocols.ts'
import { errorWords } from './error-words.ts'
import type { HttpClient } from './http/http-client.ts'
import type { Target } from './target.ts'

/** Largest exposition where `body_size_limit` sets none, bytes. */
const defaultMaxBytes = 256 * 1024 * 1024

export interface Exposition {
  readonly body: Uint8Array
  readonly contentType: string
  readonly receivedBytes: number
}

/** What came of asking a target. */
export type ScrapeAnswer = Exposition | { readonly error: string }

interface RequestPool {
  readonly config: ScrapeConfig
  readonly client: HttpClient
  readonly context: ReceiverContext
}

/** Asks one target for its exposition, within its timeout. Never throws. */
export async function fetchExposition(target: Target, pool: RequestPool, stopped: AbortSignal): Promise<ScrapeAnswer> {
  const { config, client, context } = pool
  const late = new AbortController()
  const cancel = context.clock.after(target.timeoutMs, () =>
    late.abort(new Error(`no answer within the timeout of ${target.timeoutMs / 1000} s`)),
  )
  try {
    const answer = await client.fetch({
      url: target.url,
      headers: {
        accept: acceptHeader(config.scrapeProtocols),
        'accept-encoding': config.enableCompression ? 'gzip' : 'identity',
        'user-agent': 'Sightline',
        'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
      },
      signal: AbortSignal.any([late.signal, stopped]),
      maxBytes: config.bodySizeLimit > 0 ? config.bodySizeLimit : defaultMaxBytes,
    })
    if (answer.status !== 200) return { error: `expected HTTP status 200, got ${answer.status}` }
    return answer
  } catch (error) {
    return { error: errorWords(error) }
  } finally {
    cancel()
  }
}
