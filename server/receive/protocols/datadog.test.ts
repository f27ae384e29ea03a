import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packed } from '../../decode/wire/msgpack-writer.ts'
import { type ServedReceiver, serveReceiver } from '../serve-receiver-suite.ts'
import { datadog } from './datadog.ts'

let served: ServedReceiver
beforeAll(async () => {
  served = await serveReceiver(datadog)
})
afterAll(() => served.close())

const key = { 'dd-api-key': 'secret', 'content-type': 'application/json' }

describe('Datadog', () => {
  it.each(['/v0.3/traces', '/v0.4/traces', '/datadog/v0.4/traces'])('answers sampling rates to %s', async (path) => {
    const headers = { 'content-type': 'application/msgpack' }
    for (const method of ['PUT', 'POST'] as const) {
      const answer = await served.ask(method, path, {
        headers,
        body: packed([[{ trace_id: 1, span_id: 2, start: 1 }]]),
      })
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { rate_by_service: { 'service:,env:': 1 } }])
    }
  })

  it.each([
    ['GET', '/info', {}, 200, '"endpoints"'],
    ['GET', '/api/v1/validate', key, 200, '"valid":true'],
    ['POST', '/datadog/intake/', key, 200, '{}'],
    ['POST', '/telemetry/proxy/api/v2/apmtelemetry', {}, 200, '{}'],
  ] as const)('answers %s %s', async (method, path, headers, status, text) => {
    const answer = await served.ask(method, path, { headers })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(text)
  })

  it('takes series of version 1 at the root from Datadog clients only, as Prometheus has the same path', async () => {
    const body = '{"series":[]}'
    expect((await served.ask('POST', '/api/v1/series', { headers: key, body })).status).toBe(202)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await served.ask('POST', '/api/v1/series', { headers: form, body: 'match[]=up' })).status).toBe(404)
    expect((await served.ask('POST', '/datadog/api/v1/series', { body })).status).toBe(202)
  })

  it('keeps what is good of a request, and says what is not', async () => {
    const body = '{"series":[{"metric":"a","points":[[1,1]]},{"metric":""}]}'
    const answer = await served.ask('POST', '/api/v2/series', { headers: key, body })
    expect([answer.status, JSON.parse(answer.text).errors]).toMatchObject([202, [expect.stringContaining('series[1]')]])
    expect((await served.ask('POST', '/api/v2/logs', { headers: key, body: '[1]' })).status).toBe(400)
  })

  it.each([
    ['/api/v2/logs', key],
    ['/api/v2/logs?api_key=secret', {}],
    ['/api/v2/logs?dd-api-key=secret', {}],
  ])('takes the token of %s', async (path, headers) => {
    await served.ask('POST', path, { headers, body: '[]' })
    expect(served.authorization()).toBe('Bearer secret')
  })
})
