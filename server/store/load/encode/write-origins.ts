import type { NativeBlock, Rows } from './native-block.ts'
import type { OriginFacts, ResourceFacts } from './origins.ts'
import { writePair } from './words64.ts'

/** Rows that know their resource and scope by index. */
interface OriginPart {
  readonly batch: { readonly resource: Uint32Array; readonly scope: Uint32Array }
  readonly rows: Rows
  readonly resources: ResourceFacts
  readonly scopes: OriginFacts
}

/** The columns service, namespace, pod and host. */
export function writeResourceWords(block: NativeBlock, parts: readonly OriginPart[]): void {
  const words = (name: string, values: (facts: ResourceFacts) => readonly string[]) =>
    block.words(
      name,
      parts.map(({ batch, rows, resources }) => ({
        column: { values: values(resources), indexes: batch.resource },
        rows,
      })),
    )
  words('service', (facts) => facts.names)
  words('namespace', (facts) => facts.namespaces)
  words('pod', (facts) => facts.pods)
  words('host', (facts) => facts.hosts)
}

/** The column resource_id. */
export function writeResourceIds(block: NativeBlock, parts: readonly OriginPart[]): void {
  block.fixed('resource_id', 8, (bytes, at) =>
    writeIds(
      parts.map(({ batch, rows, resources }) => ({ ids: resources.ids, indexes: batch.resource, rows })),
      bytes,
      at,
    ),
  )
}

/** The columns scope and scope_id. */
export function writeScope(block: NativeBlock, parts: readonly OriginPart[]): void {
  block.words(
    'scope',
    parts.map(({ batch, rows, scopes }) => ({ column: { values: scopes.names, indexes: batch.scope }, rows })),
  )
  block.fixed('scope_id', 8, (bytes, at) =>
    writeIds(
      parts.map(({ batch, rows, scopes }) => ({ ids: scopes.ids, indexes: batch.scope, rows })),
      bytes,
      at,
    ),
  )
}

function writeIds(
  parts: readonly { ids: Uint32Array; indexes: Uint32Array; rows: Rows }[],
  bytes: Buffer,
  start: number,
): void {
  let at = start
  for (const { ids, indexes, rows } of parts) {
    for (let i = 0; i < rows.count; i++) {
      const origin = indexes[rows.indexes[i]] * 2
      at = writePair(bytes, at, ids[origin], ids[origin + 1])
    }
  }
}
