/** How long the incident may take to show, seconds. */
const defaultPatienceSeconds = 240

/** What the check reads of a trace found by search. */
interface FoundTrace {
  readonly trace_id: string
  readonly duration: number
}

/**
 * Walks the scenario "checkout is slow" through the API until each step shows the incident, and prints the four
 * answers. Throws where a step does not show within `patienceSeconds`.
 */
export async function checkScenario(url: string, patienceSeconds = defaultPatienceSeconds): Promise<void> {
  console.log('Waiting until the incident shows through the API …')
  const metrics = await untilFound('checkout above its usual', patienceSeconds, () => slowCheckout(url))
  const traceId = await untilFound('a slow checkout trace with its logs', patienceSeconds, () => tellingTrace(url))
  const questions = [
    ['1. Metrics of checkout', `${url}/metrics?service=checkout&timerange=1h`, metrics],
    ['2. The trace', `${url}/traces?trace_id=${traceId}`, null],
    ['3. Its logs in payment', `${url}/logs?service=payment&level=error&time=last_hour&trace_id=${traceId}`, null],
    ['4. The trace with what belongs to it', `${url}/api/traces/${traceId}?correlate=true`, null],
  ] as const
  for (const [title, address, known] of questions) {
    const text = known ?? (await (await fetch(address)).text())
    console.log(`\n# ${title}\n$ curl '${address}'\n${shorten(text)}`)
  }
  await requireCulprit(url, traceId)
  console.log('\nThe incident shows: payment waits for database connections behind a slow query.')
}

async function slowCheckout(url: string): Promise<string | null> {
  const answer = await json<{ warnings: string[]; resources: { service: string; warning: boolean }[] }>(
    `${url}/metrics?service=checkout&timerange=1h&format=json`,
  )
  const isPoolFull = answer.resources.some(({ service, warning }) => service === 'payment' && warning)
  if (!answer.warnings.includes('latency') || !isPoolFull) return null
  return (await fetch(`${url}/metrics?service=checkout&timerange=1h`)).text()
}

/** A trace of the gateway over two seconds whose logs name the exhausted pool. */
async function tellingTrace(url: string): Promise<string | null> {
  const found = await json<{ traces: FoundTrace[] }>(`${url}/api/traces/search`, {
    time_range: { relative: '1h' },
    filters: [
      { field: 'service_name', operator: 'eq', value: 'api-gateway' },
      { field: 'duration', operator: 'gt', value: 2_000_000 },
    ],
    limit: 50,
  })
  for (const { trace_id } of found.traces) {
    const logs = await (
      await fetch(`${url}/logs?service=payment&level=error&time=last_hour&trace_id=${trace_id}`)
    ).text()
    if (logs.includes('Database connection pool exhausted') && logs.includes('Slow query: SELECT')) return trace_id
  }
  return null
}

/** The correlated answer must name the cause: the pool near its limit, and the payment span. */
async function requireCulprit(url: string, traceId: string): Promise<void> {
  const answer = await json<{
    correlated_logs: { message: string }[]
    correlated_metrics: { metric: string; value: number; max_value?: number | null }[]
  }>(`${url}/api/traces/${traceId}?correlate=true`)
  const pool = answer.correlated_metrics.find(
    ({ metric, value, max_value }) =>
      /connection/.test(metric) && typeof max_value === 'number' && value >= 0.9 * max_value,
  )
  if (pool === undefined) throw new Error('the correlated metrics do not show the connection pool at its limit')
  if (!answer.correlated_logs.some(({ message }) => message.includes('pool exhausted')))
    throw new Error('the correlated logs do not name the exhausted pool')
}

async function untilFound<T>(what: string, patienceSeconds: number, look: () => Promise<T | null>): Promise<T> {
  let lastError: unknown
  for (let second = 0; second < patienceSeconds; second += 2) {
    try {
      const found = await look()
      if (found !== null) return found
    } catch (error) {
      lastError = error
    }
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
  throw new Error(`${what} did not show within ${patienceSeconds} s`, { cause: lastError })
}

async function json<T>(url: string, body?: unknown): Promise<T> {
  const answer = await fetch(
    url,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
  return (await answer.json()) as T
}

/** JSON indented; long answers cut, so that the four fit a terminal. */
function shorten(text: string): string {
  const shown = text.startsWith('{') ? JSON.stringify(JSON.parse(text), null, 1) : text
  const lines = shown.trimEnd().split('\n')
  return lines.length <= 80 ? lines.join('\n') : `${lines.slice(0, 80).join('\n')}\n… ${lines.length - 80} more lines`
}
