import type { Field } from './field.ts'
import { sql } from './fragment.ts'
import { levelOfRow } from './logs.ts'
import { attributeField, type FieldName } from './span-fields.ts'

export type LogColumn =
  | 'service'
  | 'level'
  | 'severity_number'
  | 'message'
  | 'trace_id'
  | 'span_id'
  | 'event_name'
  | 'scope'
  | 'namespace'
  | 'pod'
  | 'host'

const columns: Readonly<Record<LogColumn, Field>> = {
  service: { type: 'text', value: sql`service`, present: sql`service != ''` },
  level: { type: 'text', value: levelOfRow },
  severity_number: { type: 'number', value: sql`severity`, present: sql`severity > 0` },
  message: { type: 'text', value: sql`body`, present: sql`body != ''` },
  trace_id: {
    type: 'text',
    value: sql`if(trace_id = toFixedString('', 16), '', lower(hex(trace_id)))`,
    present: sql`trace_id != toFixedString('', 16)`,
    bytes: { column: sql`trace_id`, length: 16 },
  },
  span_id: {
    type: 'text',
    value: sql`if(span_id = toFixedString('', 8), '', lower(hex(span_id)))`,
    present: sql`span_id != toFixedString('', 8)`,
    bytes: { column: sql`span_id`, length: 8 },
  },
  event_name: { type: 'text', value: sql`event_name`, present: sql`event_name != ''` },
  scope: { type: 'text', value: sql`scope`, present: sql`scope != ''` },
  namespace: { type: 'text', value: sql`namespace`, present: sql`namespace != ''` },
  pod: { type: 'text', value: sql`pod`, present: sql`pod != ''` },
  host: { type: 'text', value: sql`host`, present: sql`host != ''` },
}

export function logField(name: FieldName<LogColumn>): Field {
  return name.kind === 'column' ? columns[name.column] : attributeField(name)
}
