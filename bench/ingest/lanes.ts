import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import type { Load } from './load.ts'
import type { SenderOrder } from './sender.ts'

/** One connection to the server. */
export interface Lane {
  /** Resolves when the body is acknowledged, or refused; `status` as HTTP has it, 0 for no answer. */
  send(body: Buffer): Promise<{ status: number; text: string }>
  end(): Promise<void>
}

export function laneOf(load: Load, { url, ports }: SenderOrder): Lane {
  if (load.transport === 'tcp') return tcpLane(ports[load.path], load.path === 'fluent')
  if (load.transport === 'grpc') return grpcLane(`127.0.0.1:${ports.grpc}`, load.path)
  return httpLane(url + load.path, load.headers)
}

function httpLane(url: string, headers: Load['headers']): Lane {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    send: (body) =>
      new Promise((resolve) => {
        const options = { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } }
        const outgoing = request(url, options, (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          )
        })
        outgoing.on('error', (error) => resolve({ status: 0, text: error.message }))
        outgoing.end(body)
      }),
    end: async () => agent.destroy(),
  }
}

/**
 * Over a connection without answers a body counts as acknowledged once the kernel has it: the server reads no more than
 * it can hold, so that little is on its way. With answers (Fluent) it is acknowledged when one has come.
 */
function tcpLane(port: number, isAnswered: boolean): Lane {
  const socket = connect({ host: '127.0.0.1', port })
  let failure = ''
  socket.on('error', (error) => (failure = error.message))
  return {
    async send(body) {
      const answer = isAnswered ? once(socket, 'data').catch(() => []) : null
      await new Promise<void>((resolve) => socket.write(body, () => resolve()))
      await answer
      return failure === '' ? { status: 200, text: '' } : { status: 0, text: failure }
    },
    async end() {
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.resume().end()
      await closed
    },
  }
}

function grpcLane(address: string, path: string): Lane {
  const client = new Client(address, credentials.createInsecure())
  const asIs = (bytes: Buffer): Buffer => bytes
  return {
    send: (body) =>
      new Promise((resolve) =>
        client.makeUnaryRequest(path, asIs, asIs, body, (error) =>
          resolve(error === null ? { status: 200, text: '' } : { status: 0, text: error.message }),
        ),
      ),
    end: async () => client.close(),
  }
}
