import type { Observe } from '../../runtime/own-metrics.ts'
import type { Tracer } from '../../runtime/tracer.ts'
import type { ColumnStore, Statement } from './column-store.ts'

/** Longest statement text kept on a span, characters. */
const maxStatementText = 2000

export interface StoreObservation {
  readonly tracer: Tracer
  /** Seconds of each statement, by `kind`: query, command, insert. */
  readonly seconds: Observe
}

/** The same store; every statement is timed, and traced where a span is around it. */
export function observedStore(store: ColumnStore, { tracer, seconds }: StoreObservation): ColumnStore {
  const observe = async <T>(kind: string, text: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now()
    try {
      // Only work that is part of something traced: the loader's inserts would trace themselves for ever.
      return tracer.current() === null ? await work() : await tracer.trace(spanOf(kind, text), work)
    } finally {
      seconds((performance.now() - started) / 1000, { kind })
    }
  }
  return {
    rows: (statement, bounds) => observe('query', statement.sql, () => store.rows(statement, bounds)),
    command: (statement, bounds) => observe('command', statement.sql, () => store.command(statement, bounds)),
    insertNativeFile: (insert) =>
      observe('insert', `INSERT INTO ${insert.table}`, () => store.insertNativeFile(insert)),
    nativeBlocks: (statement, bounds) => observedBlocks(store, { statement, bounds, seconds }),
  }
}

async function* observedBlocks(
  store: ColumnStore,
  {
    statement,
    bounds,
    seconds,
  }: { statement: Statement; bounds: Parameters<ColumnStore['nativeBlocks']>[1]; seconds: Observe },
): AsyncGenerator<Uint8Array> {
  const started = performance.now()
  try {
    yield* store.nativeBlocks(statement, bounds)
  } finally {
    seconds((performance.now() - started) / 1000, { kind: 'query' })
  }
}

function spanOf(kind: string, text: string) {
  return {
    name: `${kind} clickhouse`,
    kind: 3 as const,
    attributes: { 'db.system.name': 'clickhouse', 'db.query.text': text.slice(0, maxStatementText) },
  }
}
