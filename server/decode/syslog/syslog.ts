import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { PlainLines } from '../log-line/plain-lines.ts'
import type { LogLine } from '../log-line-fields.ts'
import { emptyLine, LogRecords } from '../log-records.ts'
import { parseErrorKey } from '../ndjson-logs.ts'
import { isVersionOne, readSyslogHeader, type SyslogHeader } from './header.ts'
import { type LegacyHeader, readLegacyHeader } from './legacy-header.ts'
import type { SyslogMessage } from './message.ts'
import { PlainMessages } from './plain-messages.ts'
import { type Priority, readPriority } from './priority.ts'

export interface SyslogContext extends DecodeContext {
  /** Minutes that the time of senders without a zone is ahead of UTC at a moment. */
  readonly offsetMinutes: (unixMs: number) => number
}

const noBytes = Buffer.alloc(0)

/** Bytes in which the header of a message that is not RFC 5424 is looked for. */
const maxLegacyHeaderBytes = 512

/**
 * Decodes syslog messages: RFC 5424, RFC 3164, and what routers and old programs send in its name.
 *
 * Host name → resource `host.name` (the sender's address where there is none), application → `service.name`; facility,
 * process id, message id and structured data → attributes `syslog.facility`, `syslog.procid`, `syslog.msgid`,
 * `syslog.structured_data.ID.NAME`; the sender → `client.address`. The body is the text, byte for byte, without a byte
 * order mark. Severities as OpenTelemetry maps them: emerg 21, alert 19, crit 18, err 17, warning 13, notice 10,
 * info 9, debug 5. A time without a year is taken for the one that does not lie ahead, without a zone for local time.
 * A message that says it is RFC 5424 but is not is kept whole, with an attribute `sightline.parse_error`; one without a
 * priority is kept whole without a severity. Rejected alone, as `messages[N]`: a message beyond a limit.
 * Throws: DecodeError where there are too many messages.
 * Cost: about 2 µs for a message of 300 bytes with structured data (`plain-messages.ts`); what is unusual 4 µs.
 * Source: RFC 5424, RFC 3164; OpenTelemetry logs data model, appendix B.
 */
export function decodeSyslog(messages: readonly SyslogMessage[], context: SyslogContext): LogBatch {
  const records = new LogRecords(context, context.receivedBytes)
  const plain =
    context.readsValues === true ? null : new PlainMessages(new PlainLines(records, noBytes), context.offsetMinutes)
  messages.forEach((message, i) => {
    if (plain?.add(message) === true) return
    const { line, bodyStart } = readMessage(message, context)
    const { bytes } = message
    records.add(line, { bytes, start: bodyStart, end: bytes.length }, () => `messages[${i}]`)
  })
  return records.finish()
}

interface ReadMessage {
  readonly line: LogLine
  readonly bodyStart: number
}

function readMessage(message: SyslogMessage, { offsetMinutes }: SyslogContext): ReadMessage {
  const { bytes, receivedMs } = message
  const head = bytes.toString('latin1', 0, maxLegacyHeaderBytes)
  const priority = readPriority(head)
  if (priority === null) return { line: lineOf(message, null, {}), bodyStart: 0 }
  if (isVersionOne(head, priority.end)) return readVersionOne(message, priority)
  const header = readLegacyHeader(head, priority.end, { nowMs: receivedMs, offsetMinutes })
  return { line: lineOf(message, priority, inUtf8(header)), bodyStart: header.end }
}

function readVersionOne(message: SyslogMessage, priority: Priority): ReadMessage {
  try {
    const header = readSyslogHeader(message.bytes, priority.end + 2)
    return { line: lineOf(message, priority, header), bodyStart: header.end }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const data = [{ key: parseErrorKey, type: 's' as const, value: error.message }]
    return { line: lineOf(message, priority, { data }), bodyStart: 0 }
  }
}

function lineOf(message: SyslogMessage, priority: Priority | null, header: Partial<SyslogHeader>): LogLine {
  const { time = 0n, host = '', app = '', procId = '', msgId = '', data = [] } = header
  const attributes: Attribute[] = []
  const resource: Attribute[] = []
  const add = (to: Attribute[], key: string, value: string): void => {
    if (value !== '') to.push({ key, type: 's', value })
  }
  add(resource, 'service.name', app)
  add(resource, 'host.name', host === '' ? message.address : host)
  add(attributes, 'syslog.facility', priority?.facility ?? '')
  add(attributes, 'syslog.procid', procId)
  add(attributes, 'syslog.msgid', msgId)
  attributes.push(...data)
  add(attributes, 'client.address', message.address)
  return {
    ...emptyLine,
    time,
    observed: BigInt(Math.trunc(message.receivedMs)) * 1_000_000n,
    severityNumber: priority?.severityNumber ?? 0,
    severityText: priority?.severityText ?? '',
    resource,
    attributes,
  }
}

/** A legacy header is read byte by byte; its words may be UTF-8. */
function inUtf8(header: LegacyHeader): Partial<SyslogHeader> {
  const decode = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
  const { time, host, app, procId, msgId } = header
  return { time, host: decode(host), app: decode(app), procId: decode(procId), msgId: decode(msgId) }
}
