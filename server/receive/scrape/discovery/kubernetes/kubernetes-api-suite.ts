import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

interface MetadataWire {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly [part: string]: unknown
}

interface ObjectWire {
  readonly metadata: MetadataWire
  readonly [part: string]: unknown
}

interface Event {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: ObjectWire
}

interface Watcher {
  readonly resource: string
  readonly response: ServerResponse
  readonly matches: (object: ObjectWire) => boolean
}

/** Where a page ends: the version of the list, and how many objects were sent. */
interface Continuation {
  readonly version: number
  readonly sent: number
}

/**
 * A Kubernetes API server for tests, over HTTP on loopback: lists in pages with `limit` and `continue`, watches as JSON
 * lines whose chunks end anywhere, bookmarks, resource versions of one counter, 410 for what was compacted away.
 */
export class FakeKubernetesApi {
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = []
  /** Answers that the next requests get instead. */
  readonly failures: number[] = []
  /** By resource, such as `pods`; then by `namespace/name`. */
  readonly #objects = new Map<string, Map<string, ObjectWire>>()
  readonly #events = new Map<string, Event[]>()
  readonly #snapshots = new Map<string, ObjectWire[]>()
  readonly #watchers = new Set<Watcher>()
  readonly #server: Server
  readonly #random: () => number
  #version = 1000
  /** Watches from before this version are answered with 410. */
  #compacted = 0

  constructor(random: () => number = Math.random, tls?: { cert: Buffer; key: Buffer }) {
    this.#random = random
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response)
    this.#server = tls === undefined ? createServer(answer) : (createTlsServer(tls, answer) as unknown as Server)
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get watchers(): number {
    return this.#watchers.size
  }

  put(resource: string, object: ObjectWire): void {
    const objects = this.#of(resource)
    const key = keyOf(object)
    this.#record(resource, { type: objects.has(key) ? 'MODIFIED' : 'ADDED', object })
    objects.set(key, this.#events.get(resource)!.at(-1)!.object)
  }

  remove(resource: string, namespace: string, name: string): void {
    const objects = this.#of(resource)
    const object = objects.get(`${namespace}/${name}`)
    if (object === undefined) return
    objects.delete(`${namespace}/${name}`)
    this.#record(resource, { type: 'DELETED', object })
  }

  /** Sends every watcher a bookmark. */
  bookmark(): void {
    this.#version += 1
    for (const watcher of this.#watchers) {
      const metadata = { resourceVersion: String(this.#version) }
      this.#send(watcher, { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata } })
    }
  }

  /** Forgets all events and pages so far. Watchers go on. */
  compact(): void {
    this.#compacted = this.#version
    this.#snapshots.clear()
  }

  /** Ends every watch: as it should, in the middle of a line, or with an error event. */
  endWatches(how: 'end' | 'break' | 'expire'): void {
    for (const { response } of this.#watchers) {
      if (how === 'end') response.end()
      else if (how === 'break') {
        response.write('{"type":"ADDED","object":{"metada')
        setImmediate(() => response.destroy())
      } else response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`)
    }
    this.#watchers.clear()
  }

  #of(resource: string): Map<string, ObjectWire> {
    const known = this.#objects.get(resource) ?? new Map<string, ObjectWire>()
    this.#objects.set(resource, known)
    return known
  }

  #record(resource: string, { type, object }: Pick<Event, 'type' | 'object'>): void {
    this.#version += 1
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) }
    const event: Event = { version: this.#version, type, object: { ...object, metadata } }
    const events = this.#events.get(resource) ?? []
    events.push(event)
    this.#events.set(resource, events)
    for (const watcher of this.#watchers)
      if (watcher.resource === resource && watcher.matches(event.object)) this.#send(watcher, event)
  }

  /** In pieces that end anywhere. */
  #send({ response }: Watcher, { type, object }: { type: string; object: unknown }): void {
    const line = Buffer.from(`${JSON.stringify({ type, object })}\n`)
    const cut = Math.floor(this.#random() * line.length)
    response.write(line.subarray(0, cut))
    response.write(line.subarray(cut))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? ''
    this.requests.push({ url, authorization: request.headers.authorization })
    const failure = this.failures.shift()
    if (failure !== undefined) {
      this.#fail(response, failure)
      return
    }
    const { pathname, searchParams } = new URL(url, 'http://api')
    const path = /^\/(?:api\/v1|apis\/[a-z0-9.]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(pathname)
    if (path === null) {
      this.#fail(response, 404)
      return
    }
    const [, namespace, resource] = path
    const matches = matcher(namespace, searchParams)
    if (searchParams.get('watch') === 'true') this.#watch(response, { resource, response, matches }, searchParams)
    else this.#list(response, resource, { matches, query: searchParams })
  }

  #fail(response: ServerResponse, code: number): void {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(statusOf(code)))
  }

  #list(
    response: ServerResponse,
    resource: string,
    { matches, query }: { matches: Watcher['matches']; query: URLSearchParams },
  ): void {
    const token = query.get('continue')
    const at: Continuation =
      token === null
        ? { version: this.#version, sent: 0 }
        : (JSON.parse(Buffer.from(token, 'base64').toString()) as Continuation)
    const key = `${resource} ${at.version}`
    if (token === null) this.#snapshots.set(key, [...this.#of(resource).values()])
    const snapshot = this.#snapshots.get(key)
    if (snapshot === undefined) {
      this.#fail(response, 410)
      return
    }
    const all = snapshot.filter(matches)
    const limit = Number(query.get('limit') ?? all.length)
    const items = all.slice(at.sent, at.sent + limit)
    const rest = all.length - at.sent - items.length
    const next = Buffer.from(JSON.stringify({ version: at.version, sent: at.sent + items.length })).toString('base64')
    const metadata = {
      resourceVersion: String(at.version),
      ...(rest > 0 ? { continue: next, remainingItemCount: rest } : {}),
    }
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items: items.length === 0 ? null : items }))
  }

  #watch(response: ServerResponse, watcher: Watcher, query: URLSearchParams): void {
    const from = Number(query.get('resourceVersion'))
    if (from < this.#compacted) {
      this.#fail(response, 410)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const missed = (this.#events.get(watcher.resource) ?? []).filter(({ version }) => version > from)
    for (const event of missed) if (watcher.matches(event.object)) this.#send(watcher, event)
    this.#watchers.add(watcher)
    response.on('close', () => this.#watchers.delete(watcher))
  }
}

function keyOf({ metadata }: ObjectWire): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function statusOf(code: number) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message: `status ${code} for a test` }
}

/** Equality of labels, and of the name among the fields. */
function matcher(namespace: string | undefined, query: URLSearchParams): Watcher['matches'] {
  const wanted = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '')
  const name = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1]
  return ({ metadata }) => {
    if (namespace !== undefined && metadata.namespace !== namespace) return false
    if (name !== undefined && metadata.name !== name) return false
    return wanted.every((part) => {
      const [label, value] = part.split('=')
      return metadata.labels?.[label] === value
    })
  }
}
