import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../../../runtime/clock.ts'
import type { Logger } from '../../../../runtime/logger.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { Backoff } from './backoff.ts'
import { linesOf } from './lines.ts'
import type { KubernetesObject } from './objects.ts'
import type { ObjectWire } from './objects-wire.ts'

/** Objects asked for per page. */
const pageSize = 500

/** How long one page may take, ms. */
const pageTimeoutMs = 60_000

/** Largest page, bytes; beyond, listing fails. */
const maxPageBytes = 256 * 1024 * 1024

/** Longest event of a watch, bytes; beyond, the watch is begun anew. An object in etcd has at most 1.5 MiB. */
const maxEventBytes = 16 * 1024 * 1024

/** Objects kept of one resource in one namespace; more are left out, with a warning. */
const maxObjects = 250_000

/** A watch is asked to end after this time, up to twice as long, s. As client-go does, so that servers share the load. */
const minWatchSeconds = 300

/** A watch that has not ended so long after it should have is taken for dead, ms. */
const watchGraceMs = 30_000

/** The API server no longer knows the resource version: all must be listed again. */
class VersionExpired extends Error {
  override readonly name = 'VersionExpired'
}

/** What is watched: objects of one kind, of one namespace or of all. */
export interface Resource<T extends KubernetesObject> {
  /** Such as `/api/v1/namespaces/shop/pods`. */
  readonly path: string
  readonly selector: { readonly label: string; readonly field: string }
  read(wire: ObjectWire): T
}

export interface WatchContext {
  readonly client: HttpClient
  /** URL of the API server, without a slash at its end. */
  readonly server: string
  readonly clock: Clock
  readonly logger: Logger
  /** After each change of what is known. */
  changed(): void
}

interface EventWire {
  readonly type?: string
  readonly object?: ObjectWire & { readonly code?: number; readonly message?: string }
}

interface ListWire {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly ObjectWire[] | null
}

/**
 * A copy of a resource that follows the API server: lists it in pages, then watches it from there on. A watch that ends
 * or breaks is taken up where it was; when the server has forgotten that point (410), all is listed again, and what is
 * known stays until the new list is whole. Source: Kubernetes API concepts, "Efficient detection of changes".
 */
export class WatchedResource<T extends KubernetesObject> {
  readonly #resource: Resource<T>
  readonly #context: WatchContext
  readonly #backoff: Backoff
  readonly #stopped = new AbortController()
  #objects = new Map<string, T>()
  /** Where the next watch begins; null: at a new list. */
  #version: string | null = null
  #isPaged = true
  #isFull = false
  #isSynced = false
  #running: Promise<void> | null = null

  constructor(resource: Resource<T>, context: WatchContext) {
    this.#resource = resource
    this.#context = context
    this.#backoff = new Backoff(context.clock, this.#stopped.signal)
  }

  /** Whether all was listed at least once. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Keys: `namespace/name`. The same object, by identity, for as long as it has not changed. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('stopped'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list()
        await this.#watch(this.#version)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof VersionExpired) this.#version = null
        else
          this.#context.logger.warn(
            { path: this.#resource.path, reason: (error as Error).message },
            'Kubernetes resource cannot be followed; what was found last stays',
          )
      }
      await this.#backoff.pause()
    }
  }

  /** The resource version of the list. */
  async #list(): Promise<string> {
    const listed = new Map<string, T>()
    let page: ListWire
    let next = ''
    this.#isFull = false
    do {
      page = await this.#page(next)
      for (const item of page.items ?? []) this.#put(listed, item)
      next = page.metadata?.continue ?? ''
    } while (next !== '')
    this.#isPaged = true
    this.#objects = listed
    this.#isSynced = true
    this.#context.changed()
    return page.metadata?.resourceVersion ?? ''
  }

  async #page(next: string): Promise<ListWire> {
    const query: Record<string, string> = { ...this.#selection() }
    if (this.#isPaged) query.limit = String(pageSize)
    if (next !== '') query.continue = next
    const late = this.#deadline(pageTimeoutMs)
    try {
      const { status, body } = await this.#context.client.fetch({
        ...this.#request(query, late.signal),
        maxBytes: maxPageBytes,
      })
      if (status === 410) {
        // The rest of the list has expired: once, all is asked for in one answer.
        this.#isPaged = false
        throw new VersionExpired('the list has expired')
      }
      if (status !== 200) throw new Error(`list: expected HTTP status 200, got ${status}${reasonIn(body)}`)
      return JSON.parse(new TextDecoder().decode(body)) as ListWire
    } finally {
      late.cancel()
    }
  }

  /** Returns when the server ends the watch. */
  async #watch(version: string): Promise<void> {
    const seconds = Math.ceil(minWatchSeconds * (1 + Math.random()))
    const query = {
      ...this.#selection(),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(seconds),
    }
    const late = this.#deadline(seconds * 1000 + watchGraceMs)
    try {
      const { status, body } = await this.#context.client.stream(this.#request(query, late.signal))
      const lines = linesOf(body, maxEventBytes)
      if (status === 410) throw new VersionExpired('the watch has expired')
      if (status !== 200) throw new Error(`watch: expected HTTP status 200, got ${status}`)
      for await (const line of lines) if (line !== '') this.#apply(JSON.parse(line) as EventWire)
    } finally {
      // Lets go of a body that was not read to its end.
      late.abort()
    }
  }

  #apply({ type, object = {} }: EventWire): void {
    if (type === 'ERROR') {
      if (object.code === 410) throw new VersionExpired('the watch has expired')
      throw new Error(`watch: ${object.message ?? 'the server reports an error'}`)
    }
    const version = object.metadata?.resourceVersion
    if (version === undefined) throw new Error(`watch: an event ${type} without a resource version`)
    if (type === 'ADDED' || type === 'MODIFIED') {
      if (this.#put(this.#objects, object)) this.#context.changed()
    } else if (type === 'DELETED') {
      if (this.#objects.delete(keyOf(object))) this.#context.changed()
    } else if (type !== 'BOOKMARK') throw new Error(`watch: unknown event ${type}`)
    this.#version = version
    this.#backoff.reset()
  }

  /** Whether anything has changed. Objects that came to the same keep their identity. */
  #put(objects: Map<string, T>, wire: ObjectWire): boolean {
    const key = keyOf(wire)
    const before = this.#objects.get(key)
    if (before === undefined && objects.size >= maxObjects) {
      const { path } = this.#resource
      if (!this.#isFull)
        this.#context.logger.warn({ path, maxObjects }, 'more objects than are kept; the rest is left out')
      this.#isFull = true
      return false
    }
    const read = this.#resource.read(wire)
    const isSame = before !== undefined && isDeepStrictEqual(before, read)
    objects.set(key, isSame ? before : read)
    return !isSame
  }

  #selection(): Record<string, string> {
    const { label, field } = this.#resource.selector
    return { ...(label === '' ? {} : { labelSelector: label }), ...(field === '' ? {} : { fieldSelector: field }) }
  }

  #request(query: Record<string, string>, signal: AbortSignal) {
    const url = `${this.#context.server}${this.#resource.path}?${new URLSearchParams(query)}`
    return { url, headers: { accept: 'application/json', 'user-agent': 'Sightline' }, signal }
  }

  #deadline(ms: number) {
    const late = new AbortController()
    const cancel = this.#context.clock.after(ms, () => late.abort(new Error(`nothing within ${ms / 1000} s`)))
    const abort = (): void => {
      cancel()
      late.abort(new Error('over'))
    }
    return { signal: AbortSignal.any([late.signal, this.#stopped.signal]), cancel, abort }
  }
}

function keyOf({ metadata }: ObjectWire): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`
}

/** What a Status object in an answer says. */
function reasonIn(body: Uint8Array): string {
  try {
    const { message } = JSON.parse(new TextDecoder().decode(body)) as { message?: unknown }
    return typeof message === 'string' ? `: ${message.slice(0, 500)}` : ''
  } catch {
    return ''
  }
}
