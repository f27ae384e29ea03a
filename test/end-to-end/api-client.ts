import type { IngestHealth, LogsAnswer, QueryAnswer, TraceAnswer, TraceSearchAnswer } from '../../contract/index.ts'

/** Reads Sightline's API as a program does, for one tenant. Errors carry the status and the words of the answer. */
export class ApiClient {
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(url: string, tenant?: string) {
    this.#url = url
    this.#headers = { accept: 'application/json', ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }) }
  }

  async get<T>(path: string): Promise<T> {
    return this.#read(await fetch(this.#url + path, { headers: this.#headers }), path)
  }

  async text(path: string): Promise<string> {
    const { accept: _, ...headers } = this.#headers
    const answer = await fetch(this.#url + path, { headers })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.text()
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { ...this.#headers, 'content-type': 'application/json' }
    return this.#read(await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) }), path)
  }

  logs(question: Readonly<Record<string, string>>): Promise<LogsAnswer> {
    return this.get(`/logs?${new URLSearchParams(question)}`)
  }

  trace(id: string, query = ''): Promise<TraceAnswer> {
    return this.get(`/api/traces/${id}${query}`)
  }

  searchTraces(question: Readonly<Record<string, unknown>>): Promise<TraceSearchAnswer> {
    return this.post('/api/traces/search', { time_range: { relative: '1h' }, ...question })
  }

  query(question: Readonly<Record<string, unknown>>): Promise<QueryAnswer> {
    return this.post('/api/query', { time_range: { relative: '1h' }, limit: 10_000, ...question })
  }

  health(): Promise<IngestHealth> {
    return this.get('/api/ingest/health')
  }

  /** Newest value of each series of a service, by `name{labels}`; labels in order, those in `without` left out. */
  async newestValues(service: string, without: readonly string[] = []): Promise<Record<string, number | null>> {
    const filters = [{ field: 'service_name', operator: 'eq', value: service }]
    const { metrics = [] } = await this.query({ signal: 'metrics', filters })
    return Object.fromEntries(metrics.map(({ metric, labels, value }) => [seriesText(metric, labels, without), value]))
  }

  async #read<T>(answer: Response, path: string): Promise<T> {
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

/** `name{a="1",b="2"}`, as people write series. */
export function seriesText(name: string, labels: Readonly<Record<string, string>>, without: readonly string[]): string {
  const kept = Object.keys(labels).filter((key) => !without.includes(key))
  return `${name}{${kept
    .sort()
    .map((key) => `${key}="${labels[key]}"`)
    .join(',')}}`
}
