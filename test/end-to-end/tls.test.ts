import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, type Platform, startPlatform } from './platform.ts'

const folder = makeFolder('tls')
const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => join(folder.path, name))
let platform: Platform
let ca: Buffer
beforeAll(async () => {
  const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes']
  const files = ['-keyout', keyFile, '-out', certFile]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...about, ...files], { stdio: 'pipe' })
  ca = readFileSync(certFile)
  const flags = [`--tls.certFile=${certFile}`, `--tls.keyFile=${keyFile}`]
  platform = await startPlatform({ folder: join(folder.path, 'data'), flags })
}, 120_000)
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

/** Status of a request that trusts the certificate, and no other. */
function send(url: string, body?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const outgoing = request(url, { ca, method: body === undefined ? 'GET' : 'POST', headers }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('with a certificate', () => {
  it('the web app, the API and OTLP over HTTP are reached by https, and by nothing else', async () => {
    expect(platform.url).toMatch(/^https:/)
    expect(platform.otlpHttp).toMatch(/^https:/)
    expect(await send(`${platform.url}/readyz`)).toBe(200)
    expect(await send(`${platform.otlpHttp}/v1/logs`, '{"resourceLogs":[]}')).toBe(200)
    await expect(fetch(`${platform.url}/readyz`)).rejects.toThrow()
    await expect(fetch(platform.url.replace('https', 'http'))).rejects.toThrow()
  })

  it.each([
    ['with it', true],
    ['without it', false],
  ])('OTLP over gRPC is reached %s', async (_name, isSecure) => {
    const client = new Client(platform.otlpGrpc, isSecure ? credentials.createSsl(ca) : credentials.createInsecure())
    const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
    const asIs = (bytes: Buffer): Buffer => bytes
    const isTaken = await new Promise((resolve) => {
      const deadline = Date.now() + 5_000
      client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), { deadline }, (error) => resolve(error === null))
    })
    client.close()
    expect(isTaken).toBe(isSecure)
  })
})
