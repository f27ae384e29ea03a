import type { FastifyRequest } from 'fastify'
import type { Matcher } from '../../query/promql/ast.ts'
import { parseDurationMs } from '../../query/promql/parse/duration.ts'
import { parseSelector } from '../../query/promql/parse/parser.ts'
import { ParseError } from '../../query/promql/parse/position.ts'
import type { LanguageSettings } from '../../query/promql/parse/type-check.ts'
import { badData } from './api-error.ts'

/** Times that Go's clients send for "from the beginning" and "to the end", and what stands for them here. */
const earliest = '-292273086-05-16T16:47:06Z'
const latest = '292277025-08-18T07:12:54.999999999Z'

/** The first and the last millisecond that are asked about where a request names none. */
export const allTime = { startMs: 0, endMs: 4_294_967_295_000 }

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** Parameters of a request: those of a form in the body come before those of the URL, as Go's FormValue has it. */
export class Parameters {
  private readonly sources: readonly URLSearchParams[]

  constructor(request: FastifyRequest) {
    const at = request.url.indexOf('?')
    const ofUrl = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1))
    this.sources = request.body instanceof URLSearchParams ? [request.body, ofUrl] : [ofUrl]
  }

  /** '' where it is not given. */
  text(name: string): string {
    for (const source of this.sources) {
      const value = source.get(name)
      if (value !== null) return value
    }
    return ''
  }

  all(name: string): readonly string[] {
    return this.sources.flatMap((source) => source.getAll(name))
  }

  /** Unix ms; `otherwise` where it is not given. */
  time(name: string, otherwise: number): number {
    const text = this.text(name)
    if (text === '') return otherwise
    const ms = parseTimeMs(text)
    if (ms === null) throw badData(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
    return ms
  }

  /** Milliseconds of a duration (`15s`, or seconds as a number); null where it is not given. */
  duration(name: string): number | null {
    const text = this.text(name)
    return text === '' ? null : this.durationOf(name, text)
  }

  /** A step: present and positive. */
  step(name: string): number {
    const ms = this.durationOf(name, this.text(name))
    if (ms <= 0)
      throw badData(name, 'zero or negative query resolution step widths are not accepted. Try a positive integer')
    return ms
  }

  /** Most entries of an answer; 0 = no limit. */
  limit(name = 'limit'): number {
    const text = this.text(name)
    if (text === '') return 0
    if (!/^[+-]?\d{1,18}$/.test(text)) throw badData(name, `cannot parse ${JSON.stringify(text)} to an integer`)
    const limit = Number(text)
    if (limit < 0) throw badData(name, 'limit must be non-negative')
    return limit
  }

  /** `match[]`, each a series selector. */
  selectors(language: LanguageSettings): readonly (readonly Matcher[])[] {
    const name = 'match[]'
    return this.all(name).map((text) => {
      try {
        return parseSelector(text, language).matchers
      } catch (error) {
        if (error instanceof ParseError) throw badData(name, error.message)
        throw error
      }
    })
  }

  private durationOf(name: string, text: string): number {
    const seconds = text === '' ? Number.NaN : Number(text)
    const ms = Number.isFinite(seconds) ? Math.round(seconds * 1000) : parseDurationMs(text)
    if (ms === null) throw badData(name, `cannot parse ${JSON.stringify(text)} to a valid duration`)
    if (Math.abs(ms) > Number.MAX_SAFE_INTEGER)
      throw badData(name, `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`)
    return ms
  }
}

function parseTimeMs(text: string): number | null {
  const seconds = Number(text)
  if (text.trim() !== '' && Number.isFinite(seconds)) {
    const ms = Math.round(seconds * 1000)
    return Number.isSafeInteger(ms) ? ms : null
  }
  if (text === earliest) return allTime.startMs
  if (text === latest) return allTime.endMs
  const ms = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
