import { type DecodeContext, type Fault, RowJudge } from '../decode-context.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { OtlpOrigins } from './origins.ts'

/** Field names of the three levels of a request, outermost first, for the paths that senders are shown. */
export type LevelNames = readonly [resourceLevel: string, scopeLevel: string, row: string]

export const logLevels: LevelNames = ['resource_logs', 'scope_logs', 'log_records']
export const spanLevels: LevelNames = ['resource_spans', 'scope_spans', 'spans']

/** Takes the rows of an envelope one by one. */
export interface RowReader {
  /**
   * Reads the row to which the reader is narrowed and adds it to the columns. What is wrong with the row is noted with
   * the envelope's judge, or thrown as DecodeError; nothing of it may then be left in the columns after `abandon`.
   */
  read(reader: ProtobufReader, resource: number, scope: number): void
  /** Takes back what was begun of a row with a fault. */
  abandon(): void
}

/**
 * Walks an OTLP export request: request → resource blocks → scope blocks → rows. All three signals have this shape,
 * with the same field numbers.
 *
 * A row with a fault is rejected alone; a fault in a resource or scope rejects its rows; broken framing on the way to
 * the rows throws DecodeError for the request, as what follows cannot be told apart from garbage.
 */
export class OtlpEnvelope {
  readonly judge: RowJudge
  readonly origins: OtlpOrigins
  readonly #names: LevelNames

  constructor(context: DecodeContext, names: LevelNames) {
    this.judge = new RowJudge(context)
    this.origins = new OtlpOrigins(context)
    this.#names = names
  }

  read(reader: ProtobufReader, rows: RowReader): void {
    for (let index = 0; reader.position < reader.end; ) {
      if (reader.tag() !== 0x0a) {
        reader.skip()
        continue
      }
      const outer = reader.enter()
      this.#readResourceBlock(reader, rows, index++)
      reader.leave(outer)
    }
  }

  #readResourceBlock(reader: ProtobufReader, rows: RowReader, block: number): void {
    const resource = this.origins.resourceOf(reader)
    for (let index = 0; reader.position < reader.end; ) {
      if (reader.tag() !== 0x12) {
        reader.skip()
        continue
      }
      const outer = reader.enter()
      this.#readScopeBlock(reader, rows, { resource, block, scopeBlock: index++ })
      reader.leave(outer)
    }
  }

  #readScopeBlock(reader: ProtobufReader, rows: RowReader, at: Place): void {
    const scope = this.origins.scopeOf(reader)
    const { resource } = at
    const judge = this.judge
    const end = reader.end
    for (let index = 0; reader.position < end; ) {
      if (reader.tag() !== 0x12) {
        reader.skip()
        continue
      }
      reader.enter()
      const rowEnd = reader.end
      judge.begin()
      if (typeof resource !== 'number') judge.blame(resource.reason, `resource: ${resource.message}`)
      else if (typeof scope !== 'number') judge.blame(scope.reason, `scope: ${scope.message}`)
      else
        try {
          rows.read(reader, resource, scope)
        } catch (error) {
          judge.blameError(error)
        }
      if (judge.isBlamed) {
        rows.abandon()
        judge.reject(this.#path(at, index))
      }
      index++
      reader.position = rowEnd
      reader.end = end
    }
  }

  #path({ block, scopeBlock }: Place, row: number): string {
    const [resources, scopes, rows] = this.#names
    return `${resources}[${block}].${scopes}[${scopeBlock}].${rows}[${row}]`
  }
}

interface Place {
  readonly resource: number | Fault
  readonly block: number
  readonly scopeBlock: number
}
