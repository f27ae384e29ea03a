import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogBatch } from '../../model/batch.ts'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { JournalFull } from '../../model/sink.ts'
import { loadConfig } from '../../runtime/config/load.ts'
import { syslog } from '../protocols/syslog.ts'
import { SocketBench } from './socket-suite.ts'

/** Writes a key and a certificate; signed by itself, or by `signer`. */
function makeCertificate(folder: string, name: string, signer?: string): void {
  const file = (end: string): string => join(folder, end)
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file(`${name}.key`)]
  const ca = signer === undefined ? [] : ['-CA', file(`${signer}.pem`), '-CAkey', file(`${signer}.key`)]
  const args = ['req', '-x509', '-days', '2', ...key, ...subject, ...ca, '-out', file(`${name}.pem`)]
  execFileSync('openssl', args, { stdio: 'pipe' })
}

describe('StreamListener with TLS', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-tls-'))
    makeCertificate(folder, 'server')
    makeCertificate(folder, 'authority')
    makeCertificate(folder, 'sender', 'authority')
    makeCertificate(folder, 'stranger')
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string): string => join(folder, name)
  const read = (name: string): Buffer => readFileSync(file(name))
  const tls = { certFile: '', keyFile: '', clientCaFile: '' }

  it('takes messages of a sender that trusts its certificate', async () => {
    const files = { ...tls, certFile: file('server.pem'), keyFile: file('server.key') }
    const bench = await SocketBench.start(syslog, { tls: files })
    const socket = connect({
      port: bench.stream.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: read('server.pem'),
    })
    await once(socket, 'secureConnect')
    socket.end('<13>1 - host app - - - encrypted\n')
    await bench.rows(1)
    expect(logRowsOf(bench.sink.batches[0] as LogBatch)[0].body).toBe('encrypted')
    await bench.stop()
  })

  it('refuses a sender without a certificate of the authority, and counts that', async () => {
    const files = { certFile: file('server.pem'), keyFile: file('server.key'), clientCaFile: file('authority.pem') }
    const bench = await SocketBench.start(syslog, { tls: files })
    const to = { port: bench.stream.port, host: '127.0.0.1', servername: 'localhost', ca: read('server.pem') }
    for (const name of [null, 'stranger']) {
      const socket = connect({
        ...to,
        ...(name === null ? {} : { cert: read(`${name}.pem`), key: read(`${name}.key`) }),
      })
      socket.on('error', () => {})
      socket.resume().write('<13>refused\n')
      await new Promise((resolve) => socket.once('close', resolve))
    }
    const socket = connect({ ...to, cert: read('sender.pem'), key: read('sender.key') })
    socket.end('<13>taken\n')
    await bench.rows(1)
    expect(logRowsOf(bench.sink.batches[0] as LogBatch)[0].body).toBe('taken')
    expect(bench.stream.health()).toEqual({ ready: true, detail: '2 connections refused' })
    await bench.stop()
  })

  it('fails to start where a file is missing, and says which', async () => {
    const files = { ...tls, certFile: file('none.pem'), keyFile: file('server.key') }
    await expect(SocketBench.start(syslog, { tls: files })).rejects.toThrow(/none\.pem/)
  })
})

describe('StreamListener while the journal is full', () => {
  it('stops reading, so that the sender waits, and goes on once there is room', async () => {
    const { sockets } = loadConfig({ environment: {}, flags: [], folder: '/nowhere' }).config
    const bench = await SocketBench.start(syslog, { settings: { sockets: { ...sockets, maxWaitingBytes: 65_536 } } })
    bench.sink.failure = new JournalFull('disk full', 100)
    const socket = await bench.connect()
    const line = Buffer.from(`<13>${'x'.repeat(995)}\n`)
    const count = 40_000
    for (let i = 0; i < count; i++) socket.write(line)
    // What the sender still holds no longer shrinks: the kernel has taken what it takes, and nobody reads.
    for (let held = -1; held !== socket.writableLength; ) {
      held = socket.writableLength
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(socket.writableLength).toBeGreaterThan(line.length * 1_000)
    bench.sink.failure = null
    socket.end()
    await bench.rows(count)
    expect(bench.rejected).toEqual({})
    await bench.stop()
  })
})
