import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type LiveAnswer, type LiveMove, type LiveRequest, liveBounds } from '../../../contract/index.ts'
import { refuse } from '../../access/refusal.ts'
import type { Scope } from '../../model/scope.ts'
import { systemTenant } from '../../model/tenant.ts'
import { tellCheckoutStory } from '../../query/checkout-story-suite.ts'
import { createQueryContext } from '../../query/query-context.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { openReadFixture, type ReadFixture, testScope } from '../../store/read/read-fixture-suite.ts'
import { createHttpServer } from '../http-server.ts'
import { ReadableRows } from './readable-rows.ts'

let fixture: ReadFixture
let app: FastifyInstance
let port: number
let onScope: (scope: Scope) => void = () => {}
let isRefused = false
const readable = new ReadableRows()

beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
  app = await createHttpServer({
    ...{ logger: silentLogger(), version: '1.2.3', readable },
    scopeOf: ({ headers, signal }) => {
      if (isRefused || headers.authorization === 'Bearer wrong') return Promise.resolve(refuse(401, 'no such token'))
      const scope = testScope({ tenant: headers['x-sightline-tenant'] === 'other' ? 2 : 1, signal })
      onScope(scope)
      return Promise.resolve(scope)
    },
    queries: createQueryContext({ store: fixture.store, clock: systemClock }),
    parts: () => [],
    exposition: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    ledger: { entries: () => [] },
    receiverPlaces: [],
    tenantName: String,
    maySee: (_scope, tenant) => tenant === systemTenant,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})
afterAll(async () => {
  await app.close()
  await fixture.close()
})

interface Message {
  readonly head: LiveAnswer & LiveMove
  readonly body: string
}

/** A socket whose messages are taken one after the other. */
class Page {
  readonly #socket: WebSocket
  readonly #came: Message[] = []
  #taker: ((message: Message) => void) | null = null
  readonly closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)))
    socket.on('message', (data) => {
      const [head, ...body] = String(data).split('\n')
      const message = { head: JSON.parse(head) as Message['head'], body: body.join('\n') }
      if (this.#taker === null) this.#came.push(message)
      else this.#taker(message)
      this.#taker = null
    })
  }

  static async open(query = '', headers: Record<string, string> = {}): Promise<Page> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live${query}`, { headers })
    const page = new Page(socket)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return page
  }

  send(request: LiveRequest): void {
    this.#socket.send(JSON.stringify(request))
  }

  next(): Promise<Message> {
    const [first] = this.#came.splice(0, 1)
    return first === undefined ? new Promise((resolve) => (this.#taker = resolve)) : Promise.resolve(first)
  }

  close(): void {
    this.#socket.close()
  }
}

const body = {
  signal: 'traces',
  time_range: { start: '2026-03-01T11:30:00Z', end: '2026-03-01T12:00:00Z' },
  aggregations: [{ function: 'count' }],
}

describe('the live socket', () => {
  it('answers as HTTP does, says what it cost, and that there is more to read', async () => {
    const page = await Page.open()
    page.send({ ask: 7, path: '/api/query', body })
    const { head, body: text } = await page.next()
    const overHttp = await app.inject({ method: 'POST', url: '/api/query', payload: body })
    expect(head).toMatchObject({ answer: 7, status: 200 })
    expect(head.cost?.rows).toBeGreaterThan(0)
    expect(head.cost?.bytes).toBeGreaterThan(0)
    expect(JSON.parse(text)).toEqual(overHttp.json())
    readable.tell(testScope().tenant, 'metrics')
    readable.tell(testScope({ tenant: 2 }).tenant, 'traces')
    readable.tell(testScope().tenant, 'traces')
    expect((await page.next()).head.moved).toBeGreaterThan(0)
    page.close()
    expect(await page.closed).toBe(1005)
  })

  it('answers faults of a request as HTTP does, and forms', async () => {
    const page = await Page.open()
    page.send({ ask: 1, path: '/api/query', body: { signal: 'nothing' } })
    const fault = await page.next()
    expect(fault.head.status).toBe(400)
    expect(JSON.parse(fault.body)).toMatchObject({ error: { code: 'bad_request' } })
    page.send({ ask: 2, path: '/api/v1/query', form: 'query=1' })
    expect((await page.next()).head).toEqual({ answer: 2, status: 404 })
    page.close()
  })

  it('is of the tenant that its address names', async () => {
    const tenants: number[] = []
    onScope = ({ tenant }) => tenants.push(tenant)
    const page = await Page.open('?tenant=other')
    page.send({ ask: 1, path: '/api/service-map?time_range=1h' })
    await page.next()
    expect(tenants).toEqual([2, 2])
    onScope = () => {}
    page.close()
  })

  it('ends the work of a request that is ended, and of a page that goes', async () => {
    const work = (act: (page: Page) => void) =>
      new Promise<void>((resolve) => {
        void Page.open().then((page) => {
          onScope = ({ signal }) => {
            onScope = () => {}
            signal.addEventListener('abort', () => resolve())
            act(page)
          }
          page.send({ ask: 1, path: '/api/query', body })
        })
      })
    await work((page) => page.send({ end: 1 }))
    await work((page) => page.close())
  })

  it('is opened for nobody who may not ask, and nowhere else', async () => {
    await expect(Page.open('', { authorization: 'Bearer wrong' })).rejects.toThrow('401')
    const elsewhere = new WebSocket(`ws://127.0.0.1:${port}/api/query`)
    const error = await new Promise<Error>((resolve) => elsewhere.once('error', resolve))
    expect(error.message).toContain('404')
    isRefused = true
    await expect(Page.open()).rejects.toThrow('401')
    isRefused = false
  })

  it('opens so many sockets for a tenant and no more', async () => {
    const pages = await Promise.all(
      Array.from({ length: liveBounds.socketsPerTenant }, () => Page.open('?tenant=other')),
    )
    await expect(Page.open('?tenant=other')).rejects.toThrow('503')
    const [first, ...others] = pages
    first.close()
    await first.closed
    others.push(await Page.open('?tenant=other'))
    for (const page of others) page.close()
    await Promise.all(others.map(({ closed }) => closed))
  })

  it('leaves requests alone that want another upgrade', async () => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' }
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    get({ port, path: '/healthz', headers }, (answer) => resolve(answer.resume().statusCode)).once('error', reject)
    expect(await promise).toBe(200)
  })

  it('lets go of a page that sends too much at once', async () => {
    const page = await Page.open()
    page.send({ ask: 1, path: 'x'.repeat(2 * liveBounds.messageBytes) } as LiveRequest)
    expect(await page.closed).toBe(1009)
  })
})
