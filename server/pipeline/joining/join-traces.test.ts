import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLedger } from '../ledger.ts'
import { defaultIngestLimits } from '../limits.ts'
import { type LineRow, logBatch, rowOf } from '../lines/log-batch-suite.ts'
import { createPipeline } from '../pipeline.ts'
import { joinTraces, openTraceRows } from './join-traces.ts'

const seed = 20_261_123

/** The bodies that are left, in order. */
function bodiesOf(rows: readonly LineRow[]): string[] {
  const { batch, joined } = joinTraces(logBatch(rows))
  return Array.from({ length: batch.rowCount }, (_, row) => row)
    .filter((row) => joined === null || joined[row] === 0)
    .map((row) => rowOf(batch, row).body)
}

/** Records of one text with a mark where a record begins; every line arrives as a record of its own. */
function expectRecords(text: string): void {
  const lines = text.split('\n')
  const bodies = bodiesOf(lines.map((line) => ({ body: line.slice(2) })))
  const wanted: string[] = []
  for (const line of lines)
    if (line.startsWith('> ')) wanted.push(line.slice(2))
    else wanted.push(`${wanted.pop()}\n${line.slice(2)}`)
  expect(bodies).toEqual(wanted)
}

describe('stack traces that come line by line', () => {
  it.each([
    [
      'Java, behind the line that was logged with it',
      `> 12:00:00 INFO  started
> 12:00:01 ERROR c.s.Cart - order 17 failed
| java.lang.IllegalStateException: no stock
|     at com.shop.Cart.take(Cart.java:42)
|     at com.shop.Cart.order(Cart.java:17)
|     ... 12 more
| Caused by: java.io.IOException: closed
|     at java.base/java.net.Socket.read(Socket.java:1)
> 12:00:02 INFO  next
>   indented, but no trace`,
    ],
    [
      'Java, uncaught behind a line of its own',
      `> 12:00:00 INFO  started
> Exception in thread "main" java.lang.RuntimeException: boom
|     at com.shop.Main.main(Main.java:3)
> 12:00:01 INFO  next`,
    ],
    [
      'Node',
      `> listening
> TypeError: x is not a function
|     at take (/app/cart.js:42:7)
|     at /app/index.js:1:1
|   code: 'E_CART',
> next`,
    ],
    [
      'Python, logged',
      `> INFO:shop:started
> ERROR:shop:order 17 failed
| Traceback (most recent call last):
|   File "cart.py", line 42, in take
|     stock.take(1)
| KeyError: 'stock'
| 
| During handling of the above exception, another exception occurred:
| 
| Traceback (most recent call last):
|   File "cart.py", line 43, in take
|     raise CartError(1)
| shop.CartError: 1
> INFO:shop:next`,
    ],
    [
      'Python, uncaught',
      `> started
> Traceback (most recent call last):
|   File "cart.py", line 42, in <module>
| ZeroDivisionError
> started again`,
    ],
    [
      'Go',
      `> 2026/01/31 12:00:00 started
> panic: runtime error: index out of range [3] with length 3
| 
| goroutine 1 [running]:
| main.take(...)
| 	/app/cart.go:42
| main.main()
| 	/app/main.go:7 +0x1d
| exit status 2
> 2026/01/31 12:00:01 started`,
    ],
    [
      'no trace at all',
      `> a
>   b
> Caused by nothing
> at home (really)`,
    ],
  ])('are put together: %s', (_name, text) => {
    expectRecords(text)
  })

  const java = ['java.lang.Error: x', '\tat a.B.c(B.java:1)', '\tat a.B.d(B.java:2)']

  it('of several sources that take turns', () => {
    const rows = java.flatMap((body) => [0, 1].map((resource) => ({ body: `${body}`, resource })))
    expect(bodiesOf(rows)).toEqual([java.join('\n'), java.join('\n')])
  })

  it.each([
    ['another attribute', { attributes: { line: '2' } }],
    ['another severity', { severityNumber: 5 }],
    ['another trace', { traceId: '0af7651916cd43dd8448eb211c80319c' }],
    ['a time too far away', { time: 20_000_000_000n }],
    ['a body that is no text', { bodyType: 'm' as const }],
    ['a body of several lines', { body: '\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)' }],
  ])('but no line that says more than its body: %s', (_name, more) => {
    const head = { body: java[0], severityNumber: 17, time: 10_000_000_000n }
    expect(bodiesOf([head, { body: java[1], severityNumber: 17, time: 10_000_000_000n, ...more }])).toHaveLength(2)
    expect(bodiesOf([head, { body: java[1], severityNumber: 17, time: 11_000_000_000n }])).toHaveLength(1)
  })

  it('no longer than a record may be', () => {
    const frames = Array.from({ length: 2000 }, () => ({ body: java[1] }))
    const bodies = bodiesOf([{ body: java[0] }, ...frames])
    expect(bodies.map((body) => body.split('\n').length)).toEqual([1024, 977])
    const long = { body: `\tat ${'x'.repeat(100_000)}(B.java:1)` }
    expect(bodiesOf([{ body: java[0] }, long, long, long])).toHaveLength(2)
  })

  it('lose and move no line, whatever comes', () => {
    const line = fc.constantFrom(
      ...[
        ...java,
        'Caused by: b.C',
        '  ... 3 more',
        'Traceback (most recent call last):',
        '  File "x", line 1',
        'KeyError: 1',
      ],
      ...[
        '',
        'panic: x',
        'goroutine 1 [running]:',
        'main.main()',
        '\t/x.go:1',
        'ERROR it failed',
        'INFO fine',
        '}',
        ' ',
      ],
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.integer({ min: 0, max: 2 })), { maxLength: 30 }), (rows) => {
        const { batch, joined } = joinTraces(logBatch(rows.map(([body, resource]) => ({ body, resource }))))
        for (const source of [0, 1, 2]) {
          const kept = rows.flatMap(([, resource], row) =>
            resource === source && (joined === null || joined[row] === 0) ? rowOf(batch, row).body.split('\n') : [],
          )
          expect(kept).toEqual(rows.filter(([, resource]) => resource === source).map(([body]) => body))
        }
        for (let row = 0; row < rows.length; row++)
          if (joined !== null && joined[row] !== 0) expect(rowOf(batch, row).body).toBe('')
      }),
      { seed, numRuns: 1000 },
    )
  })

  it.each<[string, string[], number[] | null]>([
    ['in the middle of a trace', ['INFO a', ...java], [0, 1, 1, 1]],
    ['behind the head of a trace', ['INFO a', java[0]], [0, 1]],
    ['behind a trace that is over', [...java, 'INFO a'], null],
    ['behind a line that tells of an error', ['ERROR it failed'], null],
    ['behind a Python exception', ['Traceback (most recent call last):', '  File "x", line 1', 'KeyError: 1'], null],
    ['without a trace', ['a', '  b'], null],
    ['with a trace that may have no more lines', [java[0], ...Array.from({ length: 1_023 }, () => java[1])], null],
  ])('tell what may go on in lines to come: %s', (_name, bodies, wanted) => {
    const rows = openTraceRows(logBatch(bodies.map((body) => ({ body }))))
    expect(rows === null ? null : [...rows]).toEqual(wanted)
  })

  it('count as one record, their lines as joined, and are told of to nobody', async () => {
    const clock = { nowMs: () => 1_800_000_000_000, after: () => () => {} }
    const ledger = createLedger(clock)
    const taken: string[] = []
    const pipeline = createPipeline({
      ...{ ledger, clock, limits: () => defaultIngestLimits },
      sink: {
        append: (batch, mask) => {
          if (batch.signal === 'logs')
            for (let row = 0; row < batch.rowCount; row++)
              if (mask?.[row] !== 1) taken.push(JSON.stringify(rowOf(batch, row).attributes))
          return Promise.resolve({ acceptedRows: 0, rejections: [] })
        },
      },
    })
    const rows = ['12:00:00 ERROR failed', ...java, '12:00:01 INFO next'].map((body) => ({ body }))
    const outcome = await pipeline.append(logBatch(rows))
    expect(outcome).toEqual({ acceptedRows: 5, rejectedRows: null, rejections: [] })
    expect(taken).toHaveLength(2)
    expect(taken[0]).toContain('"exception.type":"java.lang.Error"')
    const [{ receivedRows, rejectedRows, waitingRows, rejections }] = ledger.entries()
    expect([receivedRows, rejectedRows, waitingRows]).toEqual([5, 3, 2])
    expect(rejections.map(({ reason, count }) => `${reason} ${count}`)).toEqual(['joined_to_record 3'])
  })
})
