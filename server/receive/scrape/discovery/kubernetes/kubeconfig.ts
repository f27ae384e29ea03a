import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { type HttpClientConfig, httpClientSchema } from '../../config/http-config.ts'

const cluster = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().default(false),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
})

const user = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
})

const kubeconfig = z.looseObject({
  'current-context': z.string(),
  contexts: z.array(
    z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string().optional() }) }),
  ),
  clusters: z.array(z.looseObject({ name: z.string(), cluster })),
  users: z.array(z.looseObject({ name: z.string(), user: user.nullish() })).nullish(),
})

interface KubeconfigAccess {
  readonly server: string
  readonly http: HttpClientConfig
  /** Where its relative file names start. */
  readonly folder: string
}

/**
 * The cluster and user of the current context. Throws: an Error in words, also where the user is one that a program has
 * to log in (`exec`, `auth-provider`), which is not supported. Source: client-go, clientcmd/api/v1.
 */
export async function readKubeconfig(file: string): Promise<KubeconfigAccess> {
  const read = kubeconfig.safeParse(parse(await readFile(file, 'utf8')))
  if (!read.success) {
    const [{ path, message }] = read.error.issues
    throw new Error(`${file}: ${path.join('.')}: ${message}`)
  }
  const name = read.data['current-context']
  const context = read.data.contexts.find((one) => one.name === name)?.context
  if (context === undefined) throw new Error(`${file}: there is no context ${JSON.stringify(name)}`)
  const found = read.data.clusters.find((one) => one.name === context.cluster)?.cluster
  if (found === undefined) throw new Error(`${file}: there is no cluster ${JSON.stringify(context.cluster)}`)
  const who = read.data.users?.find((one) => one.name === context.user)?.user ?? {}
  if (who.exec !== undefined || who['auth-provider'] !== undefined)
    throw new Error(
      `${file}: user ${context.user} is logged in by a program, which is not supported; give a token or a certificate`,
    )
  return { server: found.server, http: httpOf(found, who), folder: dirname(file) }
}

function httpOf(found: z.output<typeof cluster>, who: Partial<z.output<typeof user>>): HttpClientConfig {
  const bearer = who.token ?? who.tokenFile
  return httpClientSchema.parse({
    ...(found['proxy-url'] === undefined ? {} : { proxy_url: found['proxy-url'] }),
    ...(bearer === undefined && who.username !== undefined
      ? { basic_auth: { username: who.username, password: who.password ?? '' } }
      : {}),
    // The file wins, as its token is renewed.
    ...(bearer === undefined
      ? {}
      : {
          authorization: who.tokenFile === undefined ? { credentials: who.token } : { credentials_file: who.tokenFile },
        }),
    tls_config: given({
      ca: decoded(found['certificate-authority-data']),
      ca_file: found['certificate-authority'],
      cert: decoded(who['client-certificate-data']),
      cert_file: who['client-certificate'],
      key: decoded(who['client-key-data']),
      key_file: who['client-key'],
      server_name: found['tls-server-name'],
      insecure_skip_verify: found['insecure-skip-tls-verify'],
    }),
  })
}

function decoded(data: string | undefined): string | undefined {
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8')
}

function given(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
