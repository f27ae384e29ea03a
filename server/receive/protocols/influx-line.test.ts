import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServedReceiver, serveReceiver } from '../serve-receiver-suite.ts'
import { influxLine } from './influx-line.ts'

let served: ServedReceiver
beforeAll(async () => {
  served = await serveReceiver(influxLine)
})
afterAll(() => served.close())

describe('what clients ask', () => {
  it.each([
    ['GET', '/ping', 204, ''],
    ['HEAD', '/ping', 204, ''],
    ['GET', '/influx/ping?verbose=true', 204, ''],
    ['GET', '/health', 200, '"status":"pass"'],
    ['POST', '/query?q=CREATE%20DATABASE%20%22telegraf%22', 200, '{"results":[{"statement_id":0}]}'],
    ['GET', '/influx/query?q=SHOW%20DATABASES', 200, '"databases"'],
    ['POST', '/query?db=x&q=SELECT%201', 400, 'InfluxQL is not answered here'],
  ] as const)('%s %s', async (method, path, status, text) => {
    const answer = await served.ask(method, path)
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(text)
    expect(answer.headers['x-influxdb-version']).toMatch(/^1\.8/)
  })

  it('as a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await served.ask('POST', '/query', { headers, body: 'q=CREATE+DATABASE+telegraf' })
    expect([answer.status, answer.text]).toEqual([200, '{"results":[{"statement_id":0}]}'])
  })
})

describe('writing', () => {
  it.each([
    ['/write?db=telegraf&precision=s', 'a v=1 1767225600', 1_767_225_600_000, { db: 'telegraf' }],
    ['/write?db=telegraf&precision=u', 'a v=1 1767225600000001', 1_767_225_600_000, { db: 'telegraf' }],
    ['/write', 'a v=1 1767225600000000001', 1_767_225_600_000, {}],
    ['/api/v2/write?org=o&bucket=b&precision=us', 'a v=1 1767225600000001', 1_767_225_600_000, { bucket: 'b' }],
    ['/influx/api/v2/write?bucket=b&precision=ms', 'a v=1 1767225600000', 1_767_225_600_000, { bucket: 'b' }],
  ])('%s', async (path, body, timestampMs, labels) => {
    served.sink.batches.length = 0
    expect(await served.ask('POST', path, { body })).toMatchObject({ status: 204, text: '' })
    const [batch] = served.sink.batches
    if (batch.signal !== 'metrics') throw new Error('no metrics')
    expect(batch.timestampMs[0]).toBe(timestampMs)
    expect(Object.fromEntries(batch.series.labels(batch.ref[0]))).toEqual({ __name__: 'a_v', ...labels })
  })

  it('answers a fault with the line, and how many points are lost', async () => {
    const answer = await served.ask('POST', '/write', { body: 'a v=1\nbroken\nb v=2' })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'invalid',
      error: expect.stringMatching(/^partial write: malformed: line 2: expected field=value .*dropped=1 written=2$/),
    })
  })

  it('does not fail for texts', async () => {
    expect((await served.ask('POST', '/write', { body: 'a s="x"\n' })).status).toBe(204)
  })

  it('refuses a precision that it does not know', async () => {
    const answer = await served.ask('POST', '/write?precision=days', { body: 'a v=1' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('expected ns, us, ms, s, m or h')
  })

  it.each([
    ['/write', { authorization: 'Token secret' }, 'Bearer secret'],
    ['/write', { authorization: 'Token user:secret' }, 'Bearer secret'],
    ['/write?u=user&p=secret', {}, 'Bearer secret'],
    ['/write?u=user&p=other', { authorization: 'Basic dTpw' }, 'Basic dTpw'],
  ])('takes the token of %s with %j', async (path, headers, wanted) => {
    await served.ask('POST', path, { headers, body: 'a v=1' })
    expect(served.authorization()).toBe(wanted)
  })
})
