import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { sourceOfPath } from './source-of-path.ts'
import { readTailPortion, type TailRules } from './tail-records.ts'

const seed = 20_261_123
const plain: TailRules = { format: 'auto', recordStart: null, maxRecordBytes: 1000 }
const stacks: TailRules = { ...plain, recordStart: { matches: (line) => /^\S/.test(line) } }

function read(text: string, rules = plain, isLast = false) {
  const { records, consumed } = readTailPortion(Buffer.from(text), rules, isLast)
  return { bodies: records.map(({ body }) => body), consumed, records }
}

const cri = (flag: string, text: string, stream = 'stdout'): string =>
  `2026-11-23T12:00:00.123456789+01:00 ${stream} ${flag} ${text}\n`
const docker = (log: string, stream = 'stdout'): string =>
  `${JSON.stringify({ log, stream, time: '2026-11-23T12:00:00.5Z' })}\n`

describe('readTailPortion', () => {
  it.each<[string, string, TailRules, string[]]>([
    ['lines', 'a\nb\n', plain, ['a', 'b']],
    ['carriage returns and empty lines', 'a\r\n\n\r\nb\n', plain, ['a', 'b']],
    ['CRI lines', cri('F', 'a') + cri('F', 'b'), plain, ['a', 'b']],
    ['CRI lines that were cut', cri('P', 'a') + cri('P', 'b') + cri('F', 'c') + cri('F', 'd'), plain, ['abc', 'd']],
    [
      'cut CRI lines of two streams, one between the other',
      cri('P', 'a') + cri('P', 'x', 'stderr') + cri('F', 'b') + cri('F', 'y', 'stderr'),
      plain,
      ['ab', 'xy'],
    ],
    ['Docker lines', docker('a\n') + docker('b\n'), plain, ['a', 'b']],
    ['Docker lines that were cut', docker('a') + docker('b\n'), plain, ['ab']],
    ['lines that are not in the format of the first', `${cri('F', 'a')}oops\n`, plain, ['a', 'oops']],
    ['records of several lines', 'E1\n at x\n at y\nE2\n', stacks, ['E1\n at x\n at y']],
    [
      'records of several CRI lines',
      cri('F', 'E1') + cri('P', ' at') + cri('F', ' x') + cri('F', 'E2'),
      stacks,
      ['E1\n at x'],
    ],
    ['lines that go on without a start', ' at x\nE1\nE2\n', stacks, [' at x', 'E1']],
  ])('reads %s', (_name, text, rules, bodies) => {
    expect(read(text, rules).bodies).toEqual(bodies)
  })

  it('leaves what may go on', () => {
    expect(read('a\nb')).toMatchObject({ bodies: ['a'], consumed: 2 })
    expect(read('E1\n x\nE2\n y\n', stacks)).toMatchObject({ bodies: ['E1\n x'], consumed: 6 })
    expect(read(cri('F', 'a') + cri('P', 'b'))).toMatchObject({ bodies: ['a'], consumed: cri('F', 'a').length })
    expect(read('a\nb', plain, true)).toMatchObject({ bodies: ['a', 'b'], consumed: 3 })
    expect(read('E1\n x\n', stacks, true)).toMatchObject({ bodies: ['E1\n x'], consumed: 6 })
  })

  it('keeps time and stream', () => {
    const [record] = read(cri('F', 'a', 'stderr')).records
    expect(record).toEqual({
      body: 'a',
      stream: 'stderr',
      time: BigInt(Date.UTC(2026, 10, 23, 11)) * 1_000_000n + 123_456_789n,
    })
    expect(read(docker('a\n')).records[0]).toMatchObject({ stream: 'stdout', time: 1_795_435_200_500_000_000n })
  })

  it('cuts records that are too long', () => {
    const rules = { ...stacks, maxRecordBytes: 4 }
    expect(read('abcdefghij\n', rules, true).bodies).toEqual(['abcd', 'efgh', 'ij'])
    expect(read('ab\n cd\n ef\n', rules, true).bodies).toEqual(['ab', ' cd', ' ef'])
  })

  it('gives the same records in portions as at once', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 8 }).map((text) => `${text.replaceAll(/[\r\n]/g, '')}\n`),
      fc.constantFrom(cri('F', 'f'), cri('P', 'p'), cri('P', 'q', 'stderr'), cri('F', ' x', 'stderr')),
    )
    const rules = fc.constantFrom<TailRules>(plain, { ...plain, format: 'cri' }, { ...stacks, format: 'cri' })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), rules, fc.integer({ min: 1, max: 80 }), (lines, given, step) => {
        const rulesOf = given.format === 'auto' ? { ...given, format: 'plain' as const } : given
        const bytes = Buffer.from(lines.join(''))
        const whole = readTailPortion(bytes, rulesOf, true)
        expect(whole.consumed).toBe(bytes.length)
        const records = []
        let offset = 0
        for (let end = 0; end < bytes.length; ) {
          end = Math.min(bytes.length, end + step)
          const portion = readTailPortion(bytes.subarray(offset, end), rulesOf, end === bytes.length)
          records.push(...portion.records)
          offset += portion.consumed
        }
        expect(offset).toBe(bytes.length)
        const key = ({ body, stream }: { body: string; stream: string }): string => `${stream}|${body}`
        expect(records.map(key).sort()).toEqual(whole.records.map(key).sort())
      }),
      { seed, numRuns: 1500 },
    )
  })

  it('never fails on damaged lines, and uses up all bytes', () => {
    const good = Buffer.from(cri('P', 'a') + cri('F', 'b') + docker('c\n'))
    fc.assert(
      fc.property(
        damages,
        fc.constantFrom('cri', 'docker', 'auto') as fc.Arbitrary<TailRules['format']>,
        (list, format) => {
          const bytes = damaged(good, list)
          expect(readTailPortion(bytes, { ...plain, format }, true).consumed).toBe(bytes.length)
        },
      ),
      { seed, numRuns: 3000 },
    )
  })
})

describe('sourceOfPath', () => {
  const id = 'a'.repeat(64)
  it.each<[string, Record<string, string>]>([
    [
      '/var/log/pods/shop_cart-7d_0f-1/cart/2.log',
      {
        'service.name': 'cart',
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': 'cart-7d',
        'k8s.pod.uid': '0f-1',
        'k8s.container.name': 'cart',
        'k8s.container.restart_count': '2',
      },
    ],
    [
      `/var/log/containers/cart-7d_shop_cart-main-${id}.log`,
      {
        'service.name': 'cart-main',
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': 'cart-7d',
        'k8s.container.name': 'cart-main',
        'container.id': id,
      },
    ],
    [`/var/lib/docker/containers/${id}/${id}-json.log`, { 'container.id': id }],
    ['/var/log/syslog', {}],
  ])('reads %s', (path, expected) => {
    expect(Object.fromEntries(sourceOfPath(path).map(({ key, value }) => [key, value]))).toEqual(expected)
  })
})
