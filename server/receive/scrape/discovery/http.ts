import type { z } from 'zod'
import { period, section, text } from '../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../config/http-config.ts'
import { createHttpClient } from '../http/http-client.ts'
import { repeat } from '../repeat.ts'
import { readTargetGroups, withLabel } from '../target-groups.ts'
import type { DiscoveryContext, DiscoveryMechanism, TargetGroup } from './mechanism.ts'

/** Largest answer that is read, bytes. */
const maxAnswerBytes = 20 * 1024 * 1024

const schema = section({
  url: text.refine((url) => /^https?:\/\/[^/]/.test(url), 'expected a URL with http:// or https://'),
  refresh_interval: period.default(60_000),
  ...httpClientShape,
}).superRefine((config, context) => {
  const fault = faultOfHttpClient(config)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

type HttpSdConfig = z.output<typeof schema>

/** Targets out of the answer of an HTTP server, asked again and again. */
export const httpDiscovery: DiscoveryMechanism<HttpSdConfig> = {
  key: 'http_sd_configs',
  schema,
  create(config, context) {
    const client = createHttpClient(config, context)
    const stopped = new AbortController()
    let round: { stop(): Promise<void> } | null = null
    return {
      start(update) {
        round = repeat(context.clock, config.refresh_interval, async () => {
          try {
            update(await ask(client, config, { clock: context.clock, stopped: stopped.signal }))
          } catch (error) {
            if (!stopped.signal.aborted)
              context.logger.warn({ url: config.url, reason: (error as Error).message }, 'targets cannot be asked for')
          }
        })
      },
      async stop() {
        stopped.abort()
        await round?.stop()
        await client.close()
      },
    }
  },
}

async function ask(
  client: ReturnType<typeof createHttpClient>,
  { url, refresh_interval: everyMs }: HttpSdConfig,
  { clock, stopped }: { clock: DiscoveryContext['clock']; stopped: AbortSignal },
): Promise<TargetGroup[]> {
  const late = new AbortController()
  const cancel = clock.after(everyMs, () => late.abort(new Error(`no answer within ${everyMs} ms`)))
  try {
    const { status, contentType, body } = await client.fetch({
      url,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'x-prometheus-refresh-interval-seconds': String(everyMs / 1000),
      },
      signal: AbortSignal.any([late.signal, stopped]),
      maxBytes: maxAnswerBytes,
    })
    if (status !== 200) throw new Error(`expected HTTP status 200, got ${status}`)
    if (!/^application\/json(;\s*charset=utf-8)?$/i.test(contentType))
      throw new Error(`expected Content-Type application/json, got ${JSON.stringify(contentType)}`)
    return withLabel(readTargetGroups(JSON.parse(new TextDecoder().decode(body))), '__meta_url', url)
  } finally {
    cancel()
  }
}
