import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServedReceiver, serveReceiver } from '../serve-receiver-suite.ts'
import { splunkHec } from './splunk-hec.ts'

let served: ServedReceiver
beforeAll(async () => {
  served = await serveReceiver(splunkHec)
})
afterAll(() => served.close())

describe('Splunk HEC', () => {
  it.each([
    '/services/collector',
    '/services/collector/event',
    '/services/collector/event/1.0',
    '/services/collector/raw',
    '/services/collector/raw/1.0',
  ])('takes %s', async (path) => {
    const answer = await served.ask('POST', `${path}?sourcetype=x`, { body: '{"event":"a"}' })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { text: 'Success', code: 0 }])
  })

  it('gives an id to who names a channel, and says that what it stands for is stored', async () => {
    const headers = { 'x-splunk-request-channel': 'fe0ecfad-13d5-401b-847d-77833bd77131' }
    const { ackId } = JSON.parse(
      (await served.ask('POST', '/services/collector', { headers, body: '{"event":"a"}' })).text,
    )
    expect(ackId).toBeTypeOf('number')
    const asked = await served.ask('POST', '/services/collector/ack?channel=x', {
      body: JSON.stringify({ acks: [ackId] }),
    })
    expect(JSON.parse(asked.text)).toEqual({ acks: { [ackId]: true } })
    for (const body of ['', '{}', '{"acks":1}', 'null'])
      expect((await served.ask('POST', '/services/collector/ack', { body })).status).toBe(400)
  })

  it('names the first event that is wrong', async () => {
    const answer = await served.ask('POST', '/services/collector', { body: '{"event":"a"}{"no":1}' })
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([400, { code: 6, 'invalid-event-number': 1 }])
  })

  it('is healthy', async () => {
    expect(await served.ask('GET', '/services/collector/health')).toMatchObject({ status: 200 })
  })

  it.each([
    ['', { authorization: 'Splunk secret' }, 'Bearer secret'],
    ['?token=secret', {}, 'Bearer secret'],
    ['', { authorization: 'Basic eDp5' }, 'Basic eDp5'],
  ])('takes the token of %j with %j', async (query, headers, wanted) => {
    await served.ask('POST', `/services/collector${query}`, { headers: headers as Record<string, string>, body: '' })
    expect(served.authorization()).toBe(wanted)
  })
})
