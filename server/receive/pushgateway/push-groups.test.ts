import { beforeEach, describe, expect, it } from 'vitest'
import { createSeriesTables } from '../../model/series-interner.ts'
import { DecodeError, JournalFull } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { ManualClock } from '../manual-clock-suite.ts'
import { RecordingSink } from '../recording-sink-suite.ts'
import { parseGroupingKey } from './grouping-key.ts'
import { PushGroups } from './push-groups.ts'

describe('the grouping key', () => {
  it.each([
    ['backup', false, { job: 'backup' }],
    ['backup/instance/db1/', false, { job: 'backup', instance: 'db1' }],
    ['some_job/path@base64/L3Zhci90bXA', false, { job: 'some_job', path: '/var/tmp' }],
    ['L2E=/x@base64/=', true, { job: '/a' }],
    ['a/x//y/z', false, { job: 'a', y: 'z' }],
  ])('of %s', (path, isBase64, wanted) => {
    expect(Object.fromEntries(parseGroupingKey(path, isBase64))).toEqual(wanted)
  })

  it.each(['', '/instance/x', 'a/instance', 'a/job/b', 'a/x/1/x/2', 'a/1x/y', 'a/__name__/y', 'a/x@base64/%%'])(
    'is none in %j',
    (path) => expect(() => parseGroupingKey(path, false)).toThrow(DecodeError),
  )
})

describe('pushed groups', () => {
  let sink: RecordingSink
  let clock: ManualClock
  let groups: PushGroups
  beforeEach(async () => {
    sink = new RecordingSink()
    clock = new ManualClock(1_767_225_600_000)
    const tables = await createSeriesTables()
    groups = new PushGroups({ sink, clock, tables, ledger: createLedger(clock), logger: silentLogger() })
  })

  const push = (text: string, isWhole = false, path = 'j/instance/i') =>
    groups.push({
      tenant: defaultTenant,
      receiver: 'pushgateway',
      receivedBytes: text.length,
      key: parseGroupingKey(path, false),
      contentType: 'text/plain; version=0.0.4',
      body: Buffer.from(text),
      isWhole,
    })
  /** Lets a minute pass, and what it brings be written. */
  const aMinute = async () => {
    clock.advance(60_000)
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  /** Samples of the batches since the last look, but for the time of the push. */
  const written = () =>
    sink.batches.splice(0).flatMap((batch) => {
      if (batch.signal !== 'metrics') throw new Error('no metrics')
      return Array.from({ length: batch.sampleCount }, (_, i) => {
        const labels = Object.fromEntries(batch.series.labels(batch.ref[i]))
        const { __name__: name, ...others } = labels
        return `${name}${JSON.stringify(others)} ${batch.value[i]}`
      }).filter((line) => !line.startsWith('push_time_seconds'))
    })
  const group = '{"instance":"i","job":"j"}'

  it('are written with the labels of their group, which win', async () => {
    await push('# TYPE a counter\na{x="1",job="own"} 5\nb 2 1000\n')
    const [batch] = sink.batches
    if (batch.signal !== 'metrics') throw new Error('no metrics')
    expect([...batch.timestampMs]).toEqual(new Array(3).fill(1_767_225_600_000))
    expect(batch.metadata).toMatchObject([{ name: 'a', type: 'counter' }])
    expect(batch.series.labels(batch.ref[2])).toContainEqual(['__name__', 'push_time_seconds'])
    expect(batch.value[2]).toBe(1_767_225_600)
    expect(written()).toEqual(['a{"instance":"i","job":"j","x":"1"} 5', `b${group} 2`])
  })

  it('are written again until they are deleted', async () => {
    await push('a 1\n')
    await push('b 2\n', false, 'other')
    written()
    await aMinute()
    const [first] = sink.batches
    expect(first.signal === 'metrics' && first.timestampMs[0]).toBe(1_767_225_660_000)
    expect(written()).toEqual([`a${group} 1`, 'b{"job":"other"} 2'])
    await groups.remove({
      tenant: defaultTenant,
      receiver: 'pushgateway',
      key: parseGroupingKey('j/instance/i', false),
    })
    expect(written()).toEqual([`a${group} NaN`])
    await aMinute()
    expect(written()).toEqual(['b{"job":"other"} 2'])
    await groups.remove({ tenant: defaultTenant, receiver: 'pushgateway', key: parseGroupingKey('unknown', false) })
    expect(written()).toEqual([])
  })

  it('are replaced whole by PUT, and name by name by POST', async () => {
    await push('a{x="1"} 1\na{x="2"} 2\nb 3\n')
    written()
    await push('a{x="2"} 4\n')
    expect(written()).toEqual(['a{"instance":"i","job":"j","x":"2"} 4', 'a{"instance":"i","job":"j","x":"1"} NaN'])
    await aMinute()
    expect(written()).toEqual([`b${group} 3`, 'a{"instance":"i","job":"j","x":"2"} 4'])
    await push('c 5\n', true)
    expect(written()).toEqual([`c${group} 5`, `b${group} NaN`, 'a{"instance":"i","job":"j","x":"2"} NaN'])
    await push('', true)
    expect(written()).toEqual([`c${group} NaN`])
    await aMinute()
    expect(written()).toEqual([])
    expect(clock.waiting).toEqual([])
  })

  it('stay as they were where a push is unreadable or not stored', async () => {
    await push('a 1\n')
    written()
    await expect(push('a{ 2\n', true)).rejects.toThrow(DecodeError)
    sink.failure = new JournalFull('full', 1)
    await expect(push('b 2\n', true)).rejects.toThrow(JournalFull)
    sink.failure = null
    await aMinute()
    expect(written()).toEqual([`a${group} 1`])
  })
})
