import type { InstrumentationScope, Resource } from '../../model/resource.ts'
import { DecodeError } from '../../model/sink.ts'
import { type DecodeContext, type Fault, RowJudge } from '../decode-context.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf, parseJson } from '../wire/json-document.ts'
import type { LevelNames } from './envelope.ts'
import { field, listField, objectField, textField, uint32Field } from './json-fields.ts'
import { readAttributes } from './json-value.ts'

/**
 * Levels of JSON in a request: some 12 around a value, and 4 for each of the 32 levels that a value may have. A value
 * that is too deep is thus found as a fault of its row, unless it is so deep that the request is no telemetry.
 */
const maxJsonDepth = 256

/** Takes the rows of an envelope one by one; see RowReader in envelope.ts. */
export interface JsonRowReader {
  read(row: JsonObject, resource: number, scope: number): void
  abandon(): void
}

/** Walks an OTLP/JSON export request; what envelope.ts is for protobuf, with the same rules. */
export class OtlpJsonEnvelope {
  readonly judge: RowJudge
  readonly resources: Resource[] = []
  readonly scopes: InstrumentationScope[] = []
  readonly #originJudge: RowJudge
  readonly #names: LevelNames
  readonly #known = new Map<string, number | Fault>()

  constructor(context: DecodeContext, names: LevelNames) {
    this.judge = new RowJudge(context)
    this.#originJudge = new RowJudge(context)
    this.#names = names
  }

  /** Throws: DecodeError where the body is no JSON, or the blocks around the rows are not what they should be. */
  read(body: Uint8Array, rows: JsonRowReader): void {
    const request = parseJson(body, maxJsonDepth)
    const [resourceLevel, scopeLevel, rowLevel] = this.#names
    for (const [block, resourceBlock] of blocks(request, resourceLevel, '')) {
      const resource = this.#originOf(resourceBlock, 'resource')
      for (const [scopeBlock, scope] of blocks(resourceBlock, scopeLevel, `${block}.`)) {
        const path = `${block}.${scopeBlock}.${rowLevel}`
        const origins = { resource, scope: this.#originOf(scope, 'scope') }
        let index = 0
        for (const row of list(scope, camelCase(rowLevel), path))
          this.#readRow(row, rows, { ...origins, path, index: index++ })
      }
    }
  }

  #readRow(row: JsonValue, rows: JsonRowReader, at: Place): void {
    const { resource, scope } = at
    const judge = this.judge
    judge.begin()
    if (typeof resource !== 'number') judge.blame(resource.reason, `resource: ${resource.message}`)
    else if (typeof scope !== 'number') judge.blame(scope.reason, `scope: ${scope.message}`)
    else if (!isObject(row)) judge.blame('malformed', `is ${kindOf(row)}, expected an object`)
    else
      try {
        rows.read(row, resource, scope)
      } catch (error) {
        judge.blameError(error)
      }
    if (!judge.isBlamed) return
    rows.abandon()
    judge.reject(`${at.path}[${at.index}]`)
  }

  /** Index of a block's resource or scope, each distinct one once, or what is wrong with it. */
  #originOf(block: JsonObject, name: 'resource' | 'scope'): number | Fault {
    const key = jsonText([name, field(block, name) ?? null, field(block, 'schemaUrl') ?? null])
    let index = this.#known.get(key)
    if (index === undefined) {
      index = this.#readOrigin(block, name)
      this.#known.set(key, index)
    }
    return index
  }

  #readOrigin(block: JsonObject, name: 'resource' | 'scope'): number | Fault {
    const judge = this.#originJudge
    let index = 0
    try {
      const message = objectField(block, name)
      const origin = {
        attributes: readAttributes(message, judge),
        droppedAttributesCount: uint32Field(message, 'droppedAttributesCount'),
        schemaUrl: textField(block, 'schemaUrl'),
      }
      if (name === 'resource') index = this.resources.push(origin) - 1
      else
        index =
          this.scopes.push({ name: textField(message, 'name'), version: textField(message, 'version'), ...origin }) - 1
    } catch (error) {
      judge.blameError(error)
    }
    return judge.takeFault() ?? index
  }
}

interface Place {
  readonly resource: number | Fault
  readonly scope: number | Fault
  readonly path: string
  readonly index: number
}

/** The blocks of one level, each with its path from the level above. */
function* blocks(parent: JsonValue, level: string, above: string): Generator<[path: string, block: JsonObject]> {
  if (!isObject(parent)) throw new DecodeError(`is ${kindOf(parent)}, expected an object`, 'the request')
  let index = 0
  for (const block of list(parent, camelCase(level), above + level)) {
    const path = `${level}[${index++}]`
    if (!isObject(block)) throw new DecodeError(`is ${kindOf(block)}, expected an object`, above + path)
    yield [path, block]
  }
}

function list(parent: JsonObject, name: string, path: string): readonly JsonValue[] {
  try {
    return listField(parent, name)
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError('expected an array', path)
    throw error
  }
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}
