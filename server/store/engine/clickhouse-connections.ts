import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

/** Where a ClickHouse answers and as whom we speak to it. */
export interface StoreEndpoint {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
  /** As whom reads are asked, where that is another user with fewer rights and a share of the memory. */
  readonly reader?: { readonly username: string; readonly password: string }
}

/** Sockets per lane. Lanes keep kinds of work apart: an insert never waits for a socket behind a read. */
const laneSockets = { reads: 16, commands: 16, inserts: 8, control: 2 } as const
type Lane = keyof typeof laneSockets

/** Longest silence of a socket. Deadlines are ours; this only notices a peer that is gone without a word. */
const silenceLimitMs = 3_600_000
/** Below the server's own 3 s (older clusters) and 30 s (embedded): we close first, so no request meets a closed socket. */
const idleSocketMs = 2_500

/**
 * The clients of one store, one per lane, made anew when the store moves (the embedded engine has another port and
 * password after each restart). Statements on the clients of before fail with StoreUnavailable.
 */
export class ClickHouseConnections {
  readonly #endpoint: () => StoreEndpoint
  #known: StoreEndpoint | undefined
  #clients = new Map<Lane, ClickHouseClient>()

  constructor(endpoint: () => StoreEndpoint) {
    this.#endpoint = endpoint
  }

  get reads(): ClickHouseClient {
    return this.#client('reads')
  }

  get commands(): ClickHouseClient {
    return this.#client('commands')
  }

  get inserts(): ClickHouseClient {
    return this.#client('inserts')
  }

  get control(): ClickHouseClient {
    return this.#client('control')
  }

  close(): void {
    for (const client of this.#clients.values()) void client.close()
    this.#clients.clear()
  }

  #client(lane: Lane): ClickHouseClient {
    const endpoint = this.#endpoint()
    if (endpoint !== this.#known) {
      this.close()
      this.#known = endpoint
    }
    const existing = this.#clients.get(lane)
    if (existing !== undefined) return existing
    const user = lane === 'reads' && endpoint.reader !== undefined ? endpoint.reader : endpoint
    const client = createLaneClient({ endpoint, user, sockets: laneSockets[lane] })
    this.#clients.set(lane, client)
    return client
  }
}

function createLaneClient(lane: {
  endpoint: StoreEndpoint
  user: { username: string; password: string }
  sockets: number
}): ClickHouseClient {
  return createClient({
    url: lane.endpoint.url,
    username: lane.user.username,
    password: lane.user.password,
    database: lane.endpoint.database,
    application: 'sightline',
    request_timeout: silenceLimitMs,
    max_open_connections: lane.sockets,
    keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs, eagerly_destroy_stale_sockets: true },
    // What the client decompresses itself loses the exception that ends a broken stream: see zstd-stream.ts.
    compression: { request: false, response: false },
    // Long lists of parameters would outgrow the URL.
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
  })
}
