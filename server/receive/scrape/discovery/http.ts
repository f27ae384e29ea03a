import type { z } from 'zod'
import { period, section, text } from '../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../config/http-config.ts'
import { createHttpClient, type HttpClient } from '../http/http-client.ts'
import { refreshing } from '../refreshing.ts'
import { readTargetGroups, withLabel } from '../target-groups.ts'
import type { DiscoveryMechanism, TargetGroup } from './mechanism.ts'

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
    const { url, refresh_interval: everyMs } = config
    return refreshing(
      { everyMs, source: url, ask: (signal) => ask(client, config, signal), close: () => client.close() },
      context,
    )
  },
}

async function ask(
  client: HttpClient,
  { url, refresh_interval: everyMs }: HttpSdConfig,
  signal: AbortSignal,
): Promise<TargetGroup[]> {
  const { status, contentType, body } = await client.fetch({
    url,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'x-prometheus-refresh-interval-seconds': String(everyMs / 1000),
    },
    signal,
    maxBytes: maxAnswerBytes,
  })
  if (status !== 200) throw new Error(`expected HTTP status 200, got ${status}`)
  if (!/^application\/json(;\s*charset=utf-8)?$/i.test(contentType))
    throw new Error(`expected Content-Type application/json, got ${JSON.stringify(contentType)}`)
  return withLabel(readTargetGroups(JSON.parse(new TextDecoder().decode(body))), '__meta_url', url)
}
