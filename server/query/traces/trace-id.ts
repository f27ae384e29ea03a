import { badQuestion } from '../faults.ts'

/** A trace id as stored: 32 lower-case hex digits. Shorter ids are padded, as Zipkin and Jaeger write them. */
export function parseTraceId(text: string, path: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text) || /^0+$/.test(text))
    throw badQuestion(path, `${JSON.stringify(text)} is no trace id: expected 1 to 32 hex digits, not all zero`)
  return text.toLowerCase().padStart(32, '0')
}
