import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxAccessKeyBytes, maxSenderLength, rowSource, senderOfUserAgent } from './row-source.ts'

describe('the sender in a User-Agent', () => {
  it.each([
    ['OpenTelemetry Collector Contrib/0.139.0 (linux/amd64) grpc-go/1.76.0', 'OpenTelemetry Collector Contrib/0.139.0'],
    ['OTel-OTLP-Exporter-Python/1.38.0', 'OTel-OTLP-Exporter-Python/1.38.0'],
    ['Prometheus/3.7.1', 'Prometheus/3.7.1'],
    ['grpc-node-js/1.14.0', 'grpc-node-js/1.14.0'],
    ['Fluent-Bit', 'Fluent-Bit'],
    ['Vector (x86_64; linux/x)', 'Vector'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0', 'browser'],
    ['\u0000 a\tb\u202e/1 (', 'a b /1'],
    ['  ', ''],
    ['', ''],
    ['(', ''],
  ])('%j', (userAgent, sender) => {
    expect(senderOfUserAgent(userAgent)).toBe(sender)
  })

  it('is short and printable, and fits into a record of the journal with the key, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ unit: 'binary', maxLength: 400 }),
        (a, b) => {
          expect(senderOfUserAgent(a)).toMatch(/^[\x20-\x7e]*$/)
          const { sender, accessKey } = rowSource(a, b)
          expect(sender).toMatch(/^[\x20-\x7e]*$/)
          expect(Math.max(sender.length, senderOfUserAgent(a).length)).toBeLessThanOrEqual(maxSenderLength)
          expect(Buffer.byteLength(accessKey)).toBeLessThanOrEqual(maxAccessKeyBytes)
          expect(b.startsWith(accessKey)).toBe(true)
        },
      ),
      { seed: 5 },
    )
  })
})
