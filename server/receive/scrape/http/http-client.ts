import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Agent, type Dispatcher, interceptors, request } from 'undici'
import { decompress } from '../../decode/decompress.ts'
import type { HttpClientConfig } from './config/http-config.ts'

/** Most redirects followed. Source: Go's http.Client. */
const maxRedirects = 10

export interface HttpAnswer {
  readonly status: number
  /** The whole header, '' where there is none. */
  readonly contentType: string
  /** Decompressed. */
  readonly body: Uint8Array
  /** Before decompression. */
  readonly receivedBytes: number
}

export interface HttpGet {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Aborted when the time is over. */
  readonly signal: AbortSignal
  /** Bytes of the body, before and after decompression; beyond: an Error. */
  readonly maxBytes: number
}

/** Fetches from one pool of targets, with its credentials and certificates. */
export interface HttpClient {
  /** Throws: an Error in words (no connection, time over, body too large, a file of the configuration missing). */
  get(get: HttpGet): Promise<HttpAnswer>
  close(): Promise<void>
}

/**
 * Credentials in files are read for every request, so that they can be renewed; certificates once, at the first one.
 * `baseFolder`: where relative file names of the configuration start.
 */
export function createHttpClient(config: HttpClientConfig, baseFolder: string): HttpClient {
  const fromFile = async (name: string): Promise<string> => (await readFile(resolve(baseFolder, name), 'utf8')).trim()
  let agent: Promise<Dispatcher> | null = null
  return {
    async get({ url, headers, signal, maxBytes }) {
      agent ??= createAgent(config, fromFile)
      agent.catch(() => {
        agent = null
      })
      const dispatcher = await agent
      const own = await credentialsOf(config, fromFile)
      const options = { dispatcher, signal, headers: { ...headers, ...own } }
      const answer = await request(url, options).catch((error: unknown) => {
        // A kept connection that the target closed at this moment; a fresh one is tried once.
        if ((error as { code?: string }).code === 'UND_ERR_SOCKET') return request(url, options)
        throw error
      })
      const raw = await readAll(answer.body, maxBytes)
      const encoding = String(answer.headers['content-encoding'] ?? '').toLowerCase()
      const contentType = String(answer.headers['content-type'] ?? '')
      const body = encoding === 'gzip' ? decompress(raw, 'gzip', { maxBytes }) : raw
      return { status: answer.statusCode, contentType, body, receivedBytes: raw.length }
    },
    async close() {
      await agent?.then((open) => open.destroy())
    },
  }
}

type FromFile = (name: string) => Promise<string>

async function createAgent(config: HttpClientConfig, fromFile: FromFile): Promise<Dispatcher> {
  const tls = config.tls_config
  const pem = async (inline?: string, file?: string) =>
    inline ?? (file === undefined ? undefined : await fromFile(file))
  const connect = {
    ca: await pem(tls?.ca, tls?.ca_file),
    cert: await pem(tls?.cert, tls?.cert_file),
    key: await pem(tls?.key, tls?.key_file),
    servername: tls?.server_name,
    rejectUnauthorized: tls?.insecure_skip_verify !== true,
    minVersion: tlsVersion(tls?.min_version),
    maxVersion: tlsVersion(tls?.max_version),
  }
  const given = Object.entries(connect).filter(([, value]) => value !== undefined)
  // How long a request may take is the caller's signal alone.
  const agent = new Agent({ connect: Object.fromEntries(given), headersTimeout: 0, bodyTimeout: 0 })
  if (!config.follow_redirects) return agent
  return agent.compose(interceptors.redirect({ maxRedirections: maxRedirects }))
}

/** `TLS12` as Node spells it. */
function tlsVersion(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  return name === 'TLS10' ? 'TLSv1' : `TLSv1.${name.slice(-1)}`
}

async function credentialsOf(config: HttpClientConfig, fromFile: FromFile): Promise<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [name, { values, secrets, files }] of Object.entries(config.http_headers))
    headers[name.toLowerCase()] = [...values, ...secrets, ...(await Promise.all(files.map(fromFile)))].join(', ')
  const { basic_auth: basic, authorization: other } = config
  if (basic !== undefined) {
    const name = basic.username ?? (basic.username_file === undefined ? '' : await fromFile(basic.username_file))
    const password = basic.password ?? (basic.password_file === undefined ? '' : await fromFile(basic.password_file))
    headers.authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  }
  const token = other?.credentials ?? config.bearer_token
  const tokenFile = other?.credentials_file ?? config.bearer_token_file
  const credentials = token ?? (tokenFile === undefined ? undefined : await fromFile(tokenFile))
  if (credentials !== undefined) headers.authorization = `${other?.type ?? 'Bearer'} ${credentials}`
  return headers
}

async function readAll(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)
}
