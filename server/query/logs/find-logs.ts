import type { Scope } from '../../model/scope.ts'
import { conditionOf } from '../../store/read/field.ts'
import { type Fragment, sql, within } from '../../store/read/fragment.ts'
import { type LogColumn, logField } from '../../store/read/log-fields.ts'
import { type LogLevel, type LogRow, listLogs } from '../../store/read/logs.ts'
import { traceBounds } from '../../store/read/spans.ts'
import { rowsOf } from '../../store/read/tenant-rows.ts'
import { badQuestion } from '../faults.ts'
import { levelNamed } from '../fields/filters.ts'
import { rangeWords, serviceWords } from '../known-services.ts'
import type { QueryContext } from '../query-context.ts'
import { resolveRangeText, type TimeRange, toNs } from '../time/time-range.ts'
import { parseTraceId } from '../traces/trace-id.ts'

export interface LogSearch {
  readonly service?: string
  /** One level and those above it, or several exact ones with commas. */
  readonly level?: string
  /** As `resolveRangeText` takes it; left out: the time of the trace, else the last hour. */
  readonly time?: string
  readonly traceId?: string
  /** Text in the message, in any case. */
  readonly text?: string
  readonly limit: number
}

export interface FoundLogs {
  readonly range: TimeRange
  /** Newest first; those of a trace in order of time. */
  readonly logs: readonly LogRow[]
  /** Other records of the same trace and service, where a trace and a level were asked for. */
  readonly context: readonly LogRow[]
  readonly isTruncated: boolean
  readonly message?: string
}

const order: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const hourNs = 3_600_000_000_000n
const dayNs = 24n * hourNs
/** A trace's log records are looked for this long before and after its spans. */
const aroundTraceNs = 600_000_000_000n
const contextLimit = 50

const column = (name: LogColumn) => logField({ kind: 'column', column: name })

/** Log records by service, level, text and trace. Throws: BadQuestion, and what ColumnStore throws. */
export async function findLogs(context: QueryContext, scope: Scope, search: LogSearch): Promise<FoundLogs> {
  const traceId = search.traceId === undefined ? undefined : parseTraceId(search.traceId, 'query.trace_id')
  const levels = search.level === undefined ? undefined : levelsMeant(search.level)
  const range = await searchRange(context, scope, { time: search.time, traceId })
  const common = [within(range), ...textConditions(search, traceId)]
  const byLevel = (isWanted: boolean): Fragment[] =>
    levels === undefined ? [] : [conditionOf(column('level'), { operator: isWanted ? 'in' : 'not_in', texts: levels })]
  const byText: Fragment[] =
    search.text === undefined ? [] : [conditionOf(column('message'), { operator: 'contains', text: search.text })]
  const list = (conditions: readonly Fragment[], limit: number) =>
    listLogs(context.reader, scope, {
      ...{ rows: sql`${rowsOf('logs')}`, conditions, limit },
      order: traceId === undefined ? 'newest' : 'oldest',
    })
  const found = await list([...common, ...byLevel(true), ...byText], search.limit + 1)
  const isInContext = traceId !== undefined && levels !== undefined
  const around = isInContext ? await list([...common, ...byLevel(false)], contextLimit + 1) : []
  const others = around.slice(0, contextLimit)
  const logs = found.slice(0, search.limit)
  const answer = { range, logs, context: others, isTruncated: found.length > logs.length }
  if (logs.length === 0) return { ...answer, message: await emptyWords(context, scope, { search, range }) }
  if (around.length === others.length) return answer
  return { ...answer, message: `Of the other records of the trace the first ${contextLimit} are shown.` }
}

/** The levels that a word means: itself and what is worse; with commas, exactly those. Throws BadQuestion. */
export function levelsMeant(text: string): readonly LogLevel[] {
  const levels = text.split(',').map((word) => {
    const level = levelNamed(word.trim())
    if (level !== null) return level as LogLevel
    throw badQuestion(
      'query.level',
      `${JSON.stringify(word.trim())} is no level: expected trace, debug, info, warn, error or fatal`,
    )
  })
  const from = order.indexOf(levels[0])
  return levels.length > 1 || from === -1 ? levels : order.slice(from)
}

function textConditions(search: LogSearch, traceId: string | undefined): Fragment[] {
  const wanted: readonly (readonly [LogColumn, string | undefined])[] = [
    ['service', search.service],
    ['trace_id', traceId],
  ]
  return wanted.flatMap(([name, text]) =>
    text === undefined ? [] : [conditionOf(column(name), { operator: 'eq', text })],
  )
}

async function searchRange(
  context: QueryContext,
  scope: Scope,
  asked: { time: string | undefined; traceId: string | undefined },
): Promise<TimeRange> {
  const nowMs = context.clock.nowMs()
  if (asked.time !== undefined) return resolveRangeText(asked.time, { nowMs, path: 'query.time' })
  const endNs = toNs(nowMs)
  if (asked.traceId === undefined) return { startNs: endNs - hourNs, endNs }
  const bounds = await traceBounds(context.reader, scope, asked.traceId)
  if (bounds === null) return { startNs: endNs - dayNs, endNs }
  return { startNs: bounds.startNs - aroundTraceNs, endNs: bounds.endNs + aroundTraceNs }
}

async function emptyWords(
  context: QueryContext,
  scope: Scope,
  parts: { search: LogSearch; range: TimeRange },
): Promise<string> {
  const { search, range } = parts
  const of = search.service === undefined ? '' : ` of service ${search.service}`
  const level = search.level === undefined ? '' : ` at level ${search.level}`
  const trace = search.traceId === undefined ? '' : ` in trace ${search.traceId}`
  const text = search.text === undefined ? '' : ` with ${JSON.stringify(search.text)}`
  const words = `No log records${of}${level}${trace}${text} ${rangeWords(range)}.`
  if (search.service === undefined) return words
  return `${words} ${await serviceWords(context, scope, { service: search.service, range })}`.trimEnd()
}
