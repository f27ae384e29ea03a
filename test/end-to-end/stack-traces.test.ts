import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../senders/prometheus-process.ts'
import { ApiClient } from './api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'

const folder = makeFolder('stack-traces')
let platform: Platform
let port = 0
beforeAll(async () => {
  port = await freePort()
  // Long enough for a machine that is busy with other tests.
  const flags = [`--syslog.tcp.listen=127.0.0.1:${port}`, '--syslog.joinWait=5s', '--sockets.batchDelay=10ms']
  platform = await startPlatform({ folder: folder.path, flags })
}, 120_000)
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

it('a stack trace over syslog is one record, though its lines are stored in several batches', async () => {
  const lines = [
    '12:00:01 ERROR c.s.Cart - failed',
    'java.lang.Error: x',
    '\tat a.B.c(B.java:1)',
    '\tat a.B.d(B.java:2)',
  ]
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  const send = (texts: readonly string[]): void => {
    const now = new Date().toISOString()
    socket.write(texts.map((text) => `<11>1 ${now} web-1 cart 17 - - ${text}\n`).join(''))
  }
  send(lines.slice(0, 3))
  // Far longer than messages wait for a batch.
  await new Promise((resolve) => setTimeout(resolve, 300))
  send(lines.slice(3))
  const api = new ApiClient(platform.url)
  const found = await until('the record', 60_000, async () => {
    const { logs } = await api.logs({ service: 'cart', limit: '10' })
    return logs.length > 0 ? logs : null
  })
  expect(found.map(({ message }) => message)).toEqual([lines.join('\n')])
  socket.end()
})
