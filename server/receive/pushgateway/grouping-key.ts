import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** Labels that a push is about, `job` first, as the path has them. */
export type GroupingKey = readonly (readonly [name: string, value: string])[]

/** Marks a label whose value is in base64, as one with a slash has to be. */
const base64Suffix = '@base64'

/**
 * Reads `some_job/instance/a/path@base64/L3Zhcg==`, what stands behind `/metrics/job/` (or, where `isBase64`, behind
 * `/metrics/job@base64/`). A label without a value is left out, as it is the same as none.
 * Throws: DecodeError where a name has no value behind it, stands twice, or is none.
 * Source: https://github.com/prometheus/pushgateway#url
 */
export function parseGroupingKey(path: string, isBase64: boolean): GroupingKey {
  const [job = '', ...rest] = path.replace(/\/$/, '').split('/')
  const labels = new Map<string, string>([['job', isBase64 ? textOf(job) : job]])
  if (labels.get('job') === '') throw new DecodeError('job is missing', 'the path')
  if (rest.length % 2 !== 0) throw new DecodeError(`label ${JSON.stringify(rest.at(-1))} has no value`, 'the path')
  for (let i = 0; i < rest.length; i += 2) {
    const isEncoded = rest[i].endsWith(base64Suffix)
    const name = isEncoded ? rest[i].slice(0, -base64Suffix.length) : rest[i]
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__'))
      throw new DecodeError(`${JSON.stringify(name.slice(0, 64))} is no name of a label`, 'the path')
    if (labels.has(name)) throw new DecodeError(`label ${name} stands twice`, 'the path')
    labels.set(name, isEncoded ? textOf(rest[i + 1]) : rest[i + 1])
  }
  return [...labels].filter(([, value]) => value !== '')
}

/** Base64 of either alphabet, with or without padding; `=` stands for nothing. */
function textOf(encoded: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(encoded)) throw new DecodeError('value is not base64', 'the path')
  return Buffer.from(encoded, 'base64').toString('utf8')
}
