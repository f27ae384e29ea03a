import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { request } from 'undici'
import { decompress } from '../../../decode/decompress.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { HttpClientConfig } from '../config/http-config.ts'
import { type Connections, type FromFile, openConnections } from './dispatcher.ts'
import { createTokenSource, type TokenSource } from './oauth2.ts'

export interface HttpAnswer {
  readonly status: number
  /** The whole header, '' where there is none. */
  readonly contentType: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Decompressed. */
  readonly body: Uint8Array
  /** Before decompression. */
  readonly receivedBytes: number
}

export interface HttpRequest {
  readonly url: string
  /** GET unless given. */
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly content?: string
  /** Aborted when the time is over. */
  readonly signal: AbortSignal
}

export interface BoundedHttpRequest extends HttpRequest {
  /** Bytes of the answer's body, before and after decompression; beyond: an Error. */
  readonly maxBytes: number
}

/** An answer that goes on; its body is as sent, and is to be read to its end or aborted. */
export interface HttpStream {
  readonly status: number
  readonly body: AsyncIterable<Buffer>
}

/** Speaks with one pool of targets, or one discovery endpoint, with its credentials and certificates. */
export interface HttpClient {
  /** Throws: an Error in words (no connection, time over, body too large, a file of the configuration missing). */
  fetch(asked: BoundedHttpRequest): Promise<HttpAnswer>
  /** Throws: an Error in words where no answer begins. */
  stream(asked: HttpRequest): Promise<HttpStream>
  close(): Promise<void>
}

export interface HttpClientContext {
  readonly clock: Clock
  /** Where relative file names of the configuration start. */
  readonly baseFolder: string
  /** A Unix socket instead of the address in the URL. */
  readonly socketPath?: string
}

/** Credentials in files are read for every request, so that they can be renewed; certificates once, at the first one. */
export function createHttpClient(config: HttpClientConfig, context: HttpClientContext): HttpClient {
  const fromFile: FromFile = async (name) => (await readFile(resolve(context.baseFolder, name), 'utf8')).trim()
  const tokens = config.oauth2 === undefined ? null : createTokenSource(config.oauth2, context.clock, fromFile)
  let opening: Promise<Connections> | null = null

  async function send({ url, method = 'GET', headers, content, signal }: HttpRequest) {
    opening ??= openConnections(config, fromFile, context.socketPath)
    opening.catch(() => {
      opening = null
    })
    const { dispatcher } = await opening
    const own = await credentialsOf(config, { fromFile, tokens, signal })
    const options = { dispatcher, signal, method, body: content, headers: { ...headers, ...own } }
    const answer = await request(url, options).catch((error: unknown) => {
      // A kept connection that the other side closed at this moment; a fresh one is tried once.
      if ((error as { code?: string }).code === 'UND_ERR_SOCKET') return request(url, options)
      throw error
    })
    if (answer.statusCode === 401) tokens?.forget()
    return answer
  }

  return {
    async fetch(asked) {
      const answer = await send(asked)
      const raw = await readAll(answer.body, asked.maxBytes)
      const encoding = String(answer.headers['content-encoding'] ?? '').toLowerCase()
      const contentType = String(answer.headers['content-type'] ?? '')
      const body = encoding === 'gzip' ? decompress(raw, 'gzip', { maxBytes: asked.maxBytes }) : raw
      return { status: answer.statusCode, contentType, headers: answer.headers, body, receivedBytes: raw.length }
    },
    async stream(asked) {
      const { statusCode: status, body } = await send(asked)
      return { status, body }
    },
    async close() {
      await tokens?.close()
      await opening?.then((open) => open.destroy())
    },
  }
}

interface CredentialSources {
  readonly fromFile: FromFile
  readonly tokens: TokenSource | null
  readonly signal: AbortSignal
}

async function credentialsOf(
  config: HttpClientConfig,
  { fromFile, tokens, signal }: CredentialSources,
): Promise<Record<string, string>> {
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
  if (tokens !== null) headers.authorization = await tokens.authorization(signal)
  return headers
}

/** By events: an iterator costs more than a scrape's body is worth. */
function readAll(body: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    body.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) body.destroy(new Error(`the answer is larger than ${maxBytes} bytes`))
      else chunks.push(chunk)
    })
    body.on('error', reject)
    body.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)))
  })
}
