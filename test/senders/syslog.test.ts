import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogBatch } from '../../server/model/batch.ts'
import { logRowsOf } from '../../server/model/batch-rows-suite.ts'
import { syslog } from '../../server/receive/protocols/syslog.ts'
import { SocketBench } from '../../server/receive/sockets/socket-suite.ts'
import { installed } from './debian-package.ts'

const run = promisify(execFile)
const loggerPath = ['/usr/bin/logger', '/bin/logger'].find(existsSync)
const rsyslogPath = await installed('rsyslog', '/usr/sbin/rsyslogd')
const skippedLogger = loggerPath === undefined ? ' (skipped: there is no logger of util-linux here)' : ''
const skippedRsyslog =
  rsyslogPath === undefined ? ' (skipped: the Debian package rsyslog cannot be installed here)' : ''

let bench: SocketBench
beforeEach(async () => {
  bench = await SocketBench.start(syslog)
})
afterEach(() => bench.stop())

async function rowsOf(count: number) {
  await bench.rows(count)
  return bench.sink.batches.flatMap((batch) => logRowsOf(batch as LogBatch))
}

describe.skipIf(loggerPath === undefined)(`logger of util-linux${skippedLogger}`, () => {
  it.each([
    ['RFC 5424 over TCP, lines', ['--tcp', '--rfc5424']],
    ['RFC 5424 over TCP, octet-counted', ['--tcp', '--rfc5424', '--octet-count']],
    ['RFC 3164 over TCP', ['--tcp', '--rfc3164']],
    ['RFC 5424 over UDP', ['--udp', '--rfc5424']],
    ['RFC 3164 over UDP', ['--udp', '--rfc3164']],
  ])('sends %s', async (_name, options) => {
    const port = options.includes('--udp') ? bench.datagram.port : bench.stream.port
    const about = ['--priority', 'daemon.warning', '--tag', 'backup', '--id=77']
    await run(loggerPath ?? 'logger', [
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      ...about,
      ...options,
      'disk sda is slow',
    ])
    const [row] = await rowsOf(1)
    expect(row).toMatchObject({ body: 'disk sda is slow', severityNumber: 13, severityText: 'warning' })
    expect(row.attributes).toContainEqual(['syslog.facility', 's', 'daemon'])
    expect(row.attributes).toContainEqual(['syslog.procid', 's', '77'])
    expect(row.resource.attributes).toContainEqual({ key: 'service.name', type: 's', value: 'backup' })
    expect(row.resource.attributes.map(({ key }) => key)).toContain('host.name')
    const ageMs = Date.now() - Number(row.timeUnixNano / 1_000_000n)
    expect(ageMs).toBeGreaterThan(-2_000)
    expect(ageMs).toBeLessThan(60_000)
  })

  it('sends structured data', async () => {
    const data = ['--rfc5424', '--sd-id', 'zoo@123', '--sd-param', 'tiger="hungry"', '--msgid', 'FEED']
    await run(loggerPath ?? 'logger', [
      '--server',
      '127.0.0.1',
      '--port',
      String(bench.stream.port),
      '--tcp',
      ...data,
      'now',
    ])
    const [row] = await rowsOf(1)
    expect(row.attributes).toContainEqual(['syslog.structured_data.zoo@123.tiger', 's', 'hungry'])
    expect(row.attributes).toContainEqual(['syslog.msgid', 's', 'FEED'])
  })
})

describe.skipIf(rsyslogPath === undefined)(`rsyslog${skippedRsyslog}`, () => {
  it.each([
    ['lines', 'traditional', 'RSYSLOG_ForwardFormat'],
    ['octet-counted', 'octet-counted', 'RSYSLOG_SyslogProtocol23Format'],
    ['RFC 3164', 'traditional', 'RSYSLOG_TraditionalForwardFormat'],
  ])('forwards over TCP: %s', async (_name, framing, template) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-rsyslog-'))
    const socket = join(folder, 'log')
    writeFileSync(
      join(folder, 'conf'),
      [
        `module(load="imuxsock" SysSock.Use="off")`,
        `input(type="imuxsock" Socket="${socket}" CreatePath="on" UseSpecialParser="off" ParseHostname="on")`,
        `*.* action(type="omfwd" target="127.0.0.1" port="${bench.stream.port}" protocol="tcp" template="${template}" TCP_Framing="${framing}")`,
      ].join('\n'),
    )
    const daemon = spawn(rsyslogPath ?? 'rsyslogd', ['-n', '-f', join(folder, 'conf'), '-i', join(folder, 'pid')], {
      stdio: 'ignore',
    })
    try {
      while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20))
      for (let i = 0; i < 20; i++)
        await run(loggerPath ?? 'logger', ['--socket', socket, '--tag', 'shop', '-p', 'user.err', `order ${i} failed`])
      const rows = (await rowsOf(20)).filter(({ body }) => /^ ?order/.test(String(body)))
      expect(rows).toHaveLength(20)
      expect(rows.map(({ body }) => String(body).trim())).toEqual(
        Array.from({ length: 20 }, (_, i) => `order ${i} failed`),
      )
      for (const row of rows) {
        expect(row).toMatchObject({ severityText: 'err' })
        expect(row.resource.attributes).toContainEqual({ key: 'service.name', type: 's', value: 'shop' })
      }
    } finally {
      daemon.kill('SIGTERM')
      await new Promise((resolve) => daemon.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
