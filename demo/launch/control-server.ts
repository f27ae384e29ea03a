import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FaultName } from '../process/messages.ts'
import { type FaultSwitch, UnknownFault } from './fault-switch.ts'

/** Largest body of a switch, bytes. */
const maxBodyBytes = 1_024

/**
 * The switchboard over HTTP, on loopback:
 * - `GET /faults` lists the faults and which are active;
 * - `POST /faults/{name}` with `{"active": true}` or `{"active": false}` (or the word `on` or `off`; nothing means on)
 *   answers when the fault is real or gone;
 * - `DELETE /faults/{name}` is off.
 *
 * A web page elsewhere must not break the shop by a visitor's browser: requests with a foreign Host or Origin get 403.
 */
export function serveControl(faults: FaultSwitch): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(faults, request, response).catch((error: unknown) => {
      const status = error instanceof UnknownFault ? 404 : 500
      reply(response, status, { error: error instanceof Error ? error.message : String(error) })
    })
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

async function answer(faults: FaultSwitch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isLocal(request)) return reply(response, 403, { error: 'only this machine may switch faults' })
  const path = (request.url ?? '').split('?', 1)[0]
  const name = /^\/faults\/([a-z-]+)$/.exec(path)?.[1] as FaultName | undefined
  if (request.method === 'GET' && path === '/faults') return reply(response, 200, { faults: faults.list() })
  if (name === undefined || (request.method !== 'POST' && request.method !== 'DELETE'))
    return reply(response, 404, { error: 'known are GET /faults, POST /faults/{name} and DELETE /faults/{name}' })
  const active = request.method === 'POST' ? readSwitch(await readText(request)) : false
  if (active === undefined) return reply(response, 400, { error: 'the body must be {"active": true}, on, or off' })
  await (active ? faults.start(name) : faults.stop(name))
  reply(response, 200, faults.list().find((fault) => fault.name === name) ?? {})
}

function isLocal({ headers }: IncomingMessage): boolean {
  const hosts = [headers.host ?? '']
  if (headers.origin !== undefined) hosts.push(headers.origin.replace(/^https?:\/\//, ''))
  return hosts.every((host) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host))
}

function readSwitch(text: string): boolean | undefined {
  const word = text.trim()
  if (word === '' || word === 'on') return true
  if (word === 'off') return false
  try {
    const { active } = JSON.parse(word) as { active?: unknown }
    return typeof active === 'boolean' ? active : undefined
  } catch {
    return undefined
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) {
    text += String(part)
    if (text.length > maxBodyBytes) throw new Error(`the body is larger than ${maxBodyBytes} bytes`)
  }
  return text
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
