import type { Scope } from '../model/scope.ts'
import type { TenantReader } from '../store/read/tenant-rows.ts'

/** What the store read for a scope, in rows and bytes as it counts them. */
interface ReadSoFar {
  rows: number
  bytes: number
}

const spent = new WeakMap<Scope, ReadSoFar>()

/** What has been read in the scope so far. */
export function readCostOf(scope: Scope): Readonly<ReadSoFar> {
  return spent.get(scope) ?? { rows: 0, bytes: 0 }
}

/** The same reader; what it reads is added up by scope. Of blocks only their own bytes are known, not the rows read. */
export function countingReader(reader: TenantReader): TenantReader {
  const add = (scope: Scope, rows: number, bytes: number) => {
    const known = spent.get(scope) ?? { rows: 0, bytes: 0 }
    known.rows += rows
    known.bytes += bytes
    spent.set(scope, known)
  }
  return {
    async rows(scope, query) {
      const answer = await reader.rows<never>(scope, query)
      add(scope, answer.cost.readRows, answer.cost.readBytes)
      return answer
    },
    async *blocks(scope, query, use) {
      for await (const block of reader.blocks(scope, query, use)) {
        add(scope, 0, block.byteLength)
        yield block
      }
    },
  }
}
