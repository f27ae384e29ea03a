import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import type { DecodeContext } from '../decode-context.ts'
import { emptyLine, LogRecords } from '../log-records.ts'
import type { StatsdNote } from './statsd-line.ts'

export interface ReceivedNote {
  readonly note: StatsdNote
  readonly receivedMs: number
}

const noBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 }

/** OTLP severities of alert types. */
const alertSeverities: Readonly<Record<string, number>> = { error: 17, warning: 13, info: 9, success: 9 }
/** Words and OTLP severities of the statuses of checks, 0 to 3. */
const checkStatuses = [
  ['ok', 9],
  ['warning', 13],
  ['critical', 17],
  ['unknown', 0],
] as const

/** Tags that name the source, as OpenTelemetry does. */
const sourceTags: Readonly<Record<string, string>> = {
  service: 'service.name',
  env: 'deployment.environment.name',
  version: 'service.version',
  host: 'host.name',
}

/**
 * Events and service checks as log records: the text (else the title) is the body, the event name is `datadog.event` or
 * `datadog.service_check`, title and status are attributes, tags are attributes of their own keys, and the tags service,
 * env, version and host are the resource's.
 */
export function decodeStatsdNotes(notes: readonly ReceivedNote[], context: DecodeContext): LogBatch {
  const records = new LogRecords(context, context.receivedBytes)
  notes.forEach(({ note, receivedMs }, i) => {
    const { attributes, resource } = attributesOf(note)
    records.add(
      {
        ...emptyLine,
        time: BigInt(note.seconds) * 1_000_000_000n,
        observed: BigInt(Math.trunc(receivedMs)) * 1_000_000n,
        severityNumber: severityOf(note),
        body: { key: '', type: 's', value: note.text === '' ? note.title : note.text },
        eventName: note.kind === 'event' ? 'datadog.event' : 'datadog.service_check',
        attributes,
        resource,
      },
      noBytes,
      () => `notes[${i}]`,
    )
  })
  return records.finish()
}

function severityOf({ kind, status }: StatsdNote): number {
  if (kind === 'check') return checkStatuses[Number(status)][1]
  return Object.hasOwn(alertSeverities, status) ? alertSeverities[status] : alertSeverities.info
}

function attributesOf({ kind, title, status, host, fields, tags }: StatsdNote) {
  const attributes: Attribute[] = []
  const resource: Attribute[] = []
  const add = (to: Attribute[], key: string, value: string): void => {
    if (value !== '') to.push({ key, type: 's', value })
  }
  const prefix = kind === 'event' ? 'event' : 'service_check'
  add(attributes, kind === 'event' ? 'event.title' : 'service_check.name', title)
  if (kind === 'check') add(attributes, 'service_check.status', checkStatuses[Number(status)][0])
  else add(attributes, 'event.alert_type', status)
  for (const [key, value] of Object.entries(fields)) add(attributes, `${prefix}.${key}`, value)
  add(resource, 'host.name', host)
  for (const tag of tags) {
    const colon = tag.indexOf(':')
    const key = colon < 1 ? tag : tag.slice(0, colon)
    const value = colon < 1 ? 'true' : tag.slice(colon + 1)
    if (!Object.hasOwn(sourceTags, key)) add(attributes, key, value)
    else if (!resource.some((known) => known.key === sourceTags[key])) add(resource, sourceTags[key], value)
  }
  return { attributes, resource }
}
