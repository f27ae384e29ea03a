/** How long a probe may take to show before it is given up, milliseconds. */
const patienceMs = 20_000

/**
 * Sends one log line now and then while the load runs, and asks for it until it shows.
 * Returns the milliseconds from the acknowledgement to the first answer that holds the line.
 */
export async function measureVisibility(url: string, seconds: number): Promise<readonly number[]> {
  const found: number[] = []
  const endMs = Date.now() + seconds * 1000 - 6000
  for (let probe = 0; Date.now() < endMs; probe += 1) {
    await pause(2000)
    const service = `bench-probe-${probe}-${Date.now()}`
    const sent = await fetch(`${url}/api/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify({ service, level: 'info', message: 'probe' })}\n`,
    }).then(
      (answer) => answer.ok,
      () => false,
    )
    if (sent) found.push(await untilVisible(url, service))
  }
  return found
}

async function untilVisible(url: string, service: string): Promise<number> {
  const acknowledgedMs = performance.now()
  while (performance.now() - acknowledgedMs < patienceMs) {
    const text = await fetch(`${url}/logs?service=${service}&time=1h&format=json`).then(
      (answer) => answer.text(),
      () => '',
    )
    if (text.includes('probe"') && !text.includes('"logs":[]')) return performance.now() - acknowledgedMs
    await pause(50)
  }
  return patienceMs
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
