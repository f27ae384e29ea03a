import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../manual-clock-suite.ts'
import { faultOfHttpClient, httpClientSchema } from '../config/http-config.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { chooseProxy } from './proxy-choice.ts'

/** A certificate and its key, made for these tests alone, valid for target.test until 2126. */
const certFile = join(import.meta.dirname, '../fixtures/cert.pem')
const keyFile = join(import.meta.dirname, '../fixtures/key.pem')

let folder: string
let clock: ManualClock
let client: HttpClient | null
const servers: Server[] = []

beforeEach(() => {
  clock = new ManualClock(1_800_000_000_000)
  folder = mkdtempSync(join(tmpdir(), 'http-client-'))
  client = null
})
afterEach(async () => {
  await client?.close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  rmSync(folder, { recursive: true })
})

async function listen(answer: RequestListener, tls = false): Promise<string> {
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const server = tls ? (createTlsServer(pair, answer) as unknown as Server) : createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers with the request's headers. */
const echo = (request: IncomingMessage, response: ServerResponse): void => {
  response.end(JSON.stringify(request.headers))
}

async function get(url: string, config: Record<string, unknown> = {}, maxBytes = 10_000) {
  client = createHttpClient(httpClientSchema.parse(config), { clock, baseFolder: folder })
  const {
    body,
    headers: _,
    ...rest
  } = await client.fetch({
    url,
    headers: { 'x-own': '1' },
    signal: new AbortController().signal,
    maxBytes,
  })
  return { ...rest, text: new TextDecoder().decode(body) }
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('credentials', () => {
  it.each<[Record<string, unknown>, string | undefined]>([
    [{}, undefined],
    [{ basic_auth: { username: 'me', password: 'secret' } }, basic('me:secret')],
    [{ basic_auth: { username: 'me', password_file: 'secret.txt' } }, basic('me:from file')],
    [{ basic_auth: { username_file: 'secret.txt' } }, basic('from file:')],
    [{ authorization: { credentials: 'key' } }, 'Bearer key'],
    [{ authorization: { type: 'Token', credentials_file: 'secret.txt' } }, 'Token from file'],
    [{ bearer_token: 'key' }, 'Bearer key'],
    [{ bearer_token_file: 'secret.txt' }, 'Bearer from file'],
  ])('%j', async (config, wanted) => {
    writeFileSync(join(folder, 'secret.txt'), 'from file\n')
    const { text } = await get(await listen(echo), config)
    expect(JSON.parse(text).authorization).toBe(wanted)
    expect(JSON.parse(text)['x-own']).toBe('1')
  })

  it('headers of the configuration are sent, from files too', async () => {
    writeFileSync(join(folder, 'secret.txt'), 'from file\n')
    const http_headers = { 'X-Scope': { values: ['a', 'b'] }, 'X-Key': { secrets: ['s'], files: ['secret.txt'] } }
    const { text } = await get(await listen(echo), { http_headers })
    expect(JSON.parse(text)).toMatchObject({ 'x-scope': 'a, b', 'x-key': 's, from file' })
  })

  it('a file that is missing is named', async () => {
    await expect(get(await listen(echo), { bearer_token_file: 'nowhere.txt' })).rejects.toThrow('nowhere.txt')
  })

  it.each<[Record<string, unknown>, string]>([
    [{ basic_auth: {}, bearer_token: 'x' }, 'at most one of basic_auth, authorization, oauth2 and bearer_token'],
    [{ basic_auth: { password: 'x', password_file: 'y' } }, 'at most one of password and password_file'],
    [{ basic_auth: { username: 'x', username_file: 'y' } }, 'at most one of username and username_file'],
    [{ authorization: { credentials: 'x', credentials_file: 'y' } }, 'at most one of credentials and credentials_file'],
    [{ authorization: { type: 'basic' } }, 'use basic_auth instead'],
  ])('%j do not go together', (config, fault) => {
    expect(faultOfHttpClient(httpClientSchema.parse(config))).toContain(fault)
  })
})

describe('OAuth 2', () => {
  let forms: { form: URLSearchParams; authorization: string | undefined }[]
  let refusesBasic: boolean

  async function tokenServer(): Promise<string> {
    forms = []
    refusesBasic = false
    return listen(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      forms.push({ form: new URLSearchParams(text), authorization: request.headers.authorization })
      if (refusesBasic && request.headers.authorization !== undefined) response.writeHead(401).end()
      else response.end(JSON.stringify({ access_token: `t${forms.length}`, token_type: 'bearer', expires_in: 60 }))
    })
  }

  async function open(rest: Record<string, unknown> = {}) {
    const oauth2 = { client_id: 'me', client_secret: 's&', token_url: await tokenServer(), ...rest }
    const url = await listen(echo)
    client = createHttpClient(httpClientSchema.parse({ oauth2 }), { clock, baseFolder: folder })
    return async (): Promise<string> => {
      const { body } = await client!.fetch({ url, headers: {}, maxBytes: 10_000, signal: new AbortController().signal })
      return JSON.parse(new TextDecoder().decode(body)).authorization
    }
  }

  it('a token is asked for once, kept, and renewed before it ends', async () => {
    const ask = await open({ scopes: ['a', 'b'], endpoint_params: { audience: 'x' } })
    expect(await Promise.all([ask(), ask()])).toEqual(['Bearer t1', 'Bearer t1'])
    expect(Object.fromEntries(forms[0].form)).toEqual({ grant_type: 'client_credentials', scope: 'a b', audience: 'x' })
    expect(forms[0].authorization).toBe(basic('me:s%26'))
    clock.advance(49_000)
    expect(await ask()).toBe('Bearer t1')
    clock.advance(2000)
    expect(await ask()).toBe('Bearer t2')
  })

  it('id and secret go into the form where basic authentication is refused', async () => {
    writeFileSync(join(folder, 'secret.txt'), 'from file\n')
    const ask = await open({ client_secret: undefined, client_secret_file: 'secret.txt' })
    refusesBasic = true
    expect(await ask()).toBe('Bearer t2')
    expect(Object.fromEntries(forms[1].form)).toMatchObject({ client_id: 'me', client_secret: 'from file' })
    clock.advance(60_000)
    expect(await ask()).toBe('Bearer t3')
  })

  it('another is asked for when a target refuses the token', async () => {
    const oauth2 = { client_id: 'me', client_secret: 's', token_url: await tokenServer() }
    const refusing = await listen((_request, response) => response.writeHead(401).end())
    client = createHttpClient(httpClientSchema.parse({ oauth2 }), { clock, baseFolder: folder })
    const asked = { url: refusing, headers: {}, maxBytes: 100, signal: new AbortController().signal }
    expect(await client.fetch(asked)).toMatchObject({ status: 401 })
    await client.fetch(asked)
    expect(forms.length).toBe(2)
  })

  it('an endpoint that gives none is named', async () => {
    const oauth2 = {
      client_id: 'me',
      client_secret: 's',
      token_url: await listen((_q, response) => response.end('{}')),
    }
    await expect(get(await listen(echo), { oauth2 })).rejects.toThrow('there is no access_token in the answer')
  })
})

describe('proxies', () => {
  /** Says for whom it was asked; tunnels go to `target`, whatever they ask for. */
  async function proxy(target = ''): Promise<{ url: string; tunnels: IncomingMessage[] }> {
    const tunnels: IncomingMessage[] = []
    const url = await listen((request, response) => response.end(`through the proxy: ${request.url}`))
    servers.at(-1)!.on('connect', (request: IncomingMessage, socket: Socket) => {
      tunnels.push(request)
      const onward = connect(Number(new URL(target).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    return { url, tunnels }
  }

  it('http is asked of the proxy', async () => {
    const { url } = await proxy()
    expect((await get('http://target.test/metrics', { proxy_url: url })).text).toBe(
      'through the proxy: http://target.test/metrics',
    )
  })

  it('https goes through a tunnel, with the headers for it', async () => {
    const { url, tunnels } = await proxy(await listen(echo, true))
    const config = { proxy_url: url, proxy_connect_header: { 'X-Key': ['k'] }, tls_config: { ca_file: certFile } }
    const { text } = await get('https://target.test/', config)
    expect(JSON.parse(text)['x-key']).toBe(undefined)
    expect(tunnels[0].url).toBe('target.test:443')
    expect(tunnels[0].headers['x-key']).toBe('k')
  })

  it.each([
    ['target.test', 'http://a.target.test/', null],
    ['.target.test', 'http://target.test/', 'proxy'],
    ['.target.test', 'http://a.target.test/', null],
    ['target.test:81', 'http://target.test/', 'proxy'],
    ['target.test:80', 'http://target.test/', null],
    ['10.0.0.0/8, fd00::/8', 'http://10.1.2.3:9100/', null],
    ['10.0.0.0/8, fd00::/8', 'http://[fd00::1]:9100/', null],
    ['10.0.0.0/8', 'http://11.1.2.3/', 'proxy'],
    ['*', 'https://target.test/', null],
    ['other.test', 'http://localhost:1/', null],
    ['other.test', 'http://127.0.0.1:1/', null],
    [undefined, 'http://127.0.0.1:1/', 'proxy'],
  ])('no_proxy %s: %s by %s', (no_proxy, url, wanted) => {
    const choose = chooseProxy(httpClientSchema.parse({ proxy_url: 'http://proxy', no_proxy }))!
    expect(choose(new URL(url)) === null ? null : 'proxy').toBe(wanted)
  })

  it.each<[Record<string, unknown>, string]>([
    [{ no_proxy: 'a' }, 'no_proxy needs proxy_url'],
    [{ proxy_url: 'http://a', proxy_from_environment: true }, 'proxy_from_environment goes with neither'],
    [{ proxy_connect_header: { a: ['b'] } }, 'proxy_connect_header needs proxy_url'],
  ])('%j do not go together', (config, fault) => {
    expect(faultOfHttpClient(httpClientSchema.parse(config))).toContain(fault)
  })
})

describe('TLS', () => {
  it('trusts the certificate that the configuration names, under the name that it names', async () => {
    const url = await listen(echo, true)
    const tls_config = { ca_file: certFile, server_name: 'target.test' }
    expect(await get(url, { tls_config })).toMatchObject({ status: 200 })
    expect(await get(url, { tls_config: { ...tls_config, min_version: 'TLS13', max_version: 'TLS13' } })).toMatchObject(
      { status: 200 },
    )
  })

  it('trusts nobody else', async () => {
    const url = await listen(echo, true)
    await expect(get(url)).rejects.toThrow('self-signed certificate')
    await expect(get(url, { tls_config: { ca_file: certFile } })).rejects.toThrow('127.0.0.1')
    await expect(get(url, { tls_config: { ca_file: 'missing.pem' } })).rejects.toThrow('missing.pem')
  })

  it('trusts everybody when told to', async () => {
    expect(await get(await listen(echo, true), { tls_config: { insecure_skip_verify: true } })).toMatchObject({
      status: 200,
    })
  })
})

describe('redirects', () => {
  const redirectTo =
    (url: string): RequestListener =>
    (_request, response) =>
      response.writeHead(302, { location: url }).end()

  it('are followed, without handing credentials to another host', async () => {
    const url = await listen(redirectTo(await listen(echo)))
    const { status, text } = await get(url, { bearer_token: 'key' })
    expect(status).toBe(200)
    expect(JSON.parse(text)).not.toHaveProperty('authorization')
  })

  it('are not followed when told not to', async () => {
    const url = await listen(redirectTo('http://127.0.0.1:1/'))
    expect(await get(url, { follow_redirects: false })).toMatchObject({ status: 302 })
  })

  it('end somewhere', async () => {
    const url = await listen((request, response) => redirectTo(request.url === '/a' ? '/b' : '/a')(request, response))
    expect(await get(url).catch((error: Error) => error)).not.toMatchObject({ status: 200 })
  })
})

describe('an answer', () => {
  it('is unpacked, and measured before', async () => {
    const packed = gzipSync('a 1\n')
    const url = await listen((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' }).end(packed),
    )
    expect(await get(url)).toEqual({
      status: 200,
      contentType: 'text/plain',
      receivedBytes: packed.length,
      text: 'a 1\n',
    })
  })

  it.each([
    ['as sent', 'x'.repeat(200), {}],
    ['after decompression', gzipSync('x'.repeat(200)), { 'content-encoding': 'gzip' }],
  ])('that is too large %s is refused', async (_name, body, headers) => {
    const url = await listen((_request, response) => response.writeHead(200, headers).end(body))
    await expect(get(url, {}, 100)).rejects.toThrow('larger than 100 bytes')
  })

  it('comes over a fresh connection where the kept one was closed meanwhile', async () => {
    let count = 0
    const url = await listen((request, response) => {
      count += 1
      if (count === 2) request.socket.destroy()
      else response.end('fine')
    })
    expect(await get(url)).toMatchObject({ text: 'fine' })
    const { body } = await client!.fetch({ url, headers: {}, signal: new AbortController().signal, maxBytes: 100 })
    expect(new TextDecoder().decode(body)).toBe('fine')
    expect(count).toBe(3)
  })
})
