import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env } from 'node:process'
import { httpClientSchema } from '../../config/http-config.ts'
import { createHttpClient, type HttpClient, type HttpClientContext } from '../../http/http-client.ts'
import type { KubernetesConfig } from './config.ts'
import { readKubeconfig } from './kubeconfig.ts'

/** Where a pod finds its token, the certificate of the API server and its namespace. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface Connection {
  readonly client: HttpClient
  /** URL of the API server, without a slash at its end. */
  readonly server: string
  /** Of the pod that this is; null outside a cluster. */
  readonly ownNamespace: string | null
}

/** Of the pod that this is; passed in by tests only. */
export interface PodSurroundings {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly folder: string
}

const surroundings: PodSurroundings = { variables: env, folder: serviceAccountFolder }

/**
 * The API server that the configuration names, directly or by a kubeconfig; else that of the cluster that this runs in.
 * Throws: an Error in words. Tokens in files are read anew for each request.
 */
export async function connect(
  config: KubernetesConfig,
  context: HttpClientContext,
  pod: PodSurroundings = surroundings,
): Promise<Connection> {
  const { api_server: server, kubeconfig_file: file } = config
  if (server !== undefined)
    return { client: createHttpClient(config, context), server: withoutSlash(server), ownNamespace: null }
  if (file !== undefined) {
    const { http, folder, server: named } = await readKubeconfig(resolve(context.baseFolder, file))
    const client = createHttpClient(http, { ...context, baseFolder: folder })
    return { client, server: withoutSlash(named), ownNamespace: null }
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = pod.variables
  if (host === undefined || port === undefined)
    throw new Error(
      'not inside a Kubernetes cluster: KUBERNETES_SERVICE_HOST and _PORT are not set; give api_server or kubeconfig_file',
    )
  const http = httpClientSchema.parse({
    authorization: { credentials_file: join(pod.folder, 'token') },
    tls_config: { ca_file: join(pod.folder, 'ca.crt') },
    follow_redirects: config.follow_redirects,
  })
  const ownNamespace = (await readFile(join(pod.folder, 'namespace'), 'utf8').catch(() => '')).trim()
  return {
    client: createHttpClient(http, context),
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ownNamespace: ownNamespace === '' ? null : ownNamespace,
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
