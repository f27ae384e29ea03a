import type { Scope } from '../../model/scope.ts'
import { type EdgeEnd, type ServiceEdge, serviceEdges } from '../../store/read/services/service-edges.ts'
import { rangeWords, serviceWords } from '../known-services.ts'
import type { QueryContext } from '../query-context.ts'
import { rangeSeconds, resolveRangeText, type TimeRange } from '../time/time-range.ts'

export type NodeType = 'service' | 'database' | 'messaging' | 'external'

export interface CallFigures {
  readonly requestCount: number
  /** Per second over the range. */
  readonly requestRate: number
  /** 0 to 1. */
  readonly errorRate: number
  readonly avgLatencyMs: number
}

export interface MapNode {
  readonly name: string
  readonly type: NodeType
  readonly figures: CallFigures
}

export interface MapDependency {
  readonly source: string
  readonly target: string
  readonly figures: CallFigures
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[]
  readonly dependencies: readonly MapDependency[]
}

const nodeTypes: Readonly<Record<EdgeEnd, NodeType>> = {
  entry: 'service',
  service: 'service',
  topic: 'messaging',
  database: 'database',
  external: 'external',
  unknown: 'external',
}

/** Services and what they call. Throws: BadQuestion, and what ColumnStore throws. */
export async function mapServices(
  context: QueryContext,
  scope: Scope,
  question: { timeRange: string; service?: string | undefined },
): Promise<ServiceMap & { range: TimeRange; message?: string }> {
  const range = resolveRangeText(question.timeRange, { nowMs: context.clock.nowMs(), path: 'query.time_range' })
  const { service } = question
  const { edges, missing } = await serviceEdges(context.reader, scope, range)
  const map = buildServiceMap(edges, rangeSeconds(range) - (missing === null ? 0 : rangeSeconds(missing)))
  const shown = service === undefined ? map : neighbourhood(map, service)
  if (shown.nodes.length > 0 && missing === null) return { range, ...shown }
  if (missing !== null) return { range, ...shown, message: `Calls ${rangeWords(missing)} are not counted yet.` }
  const hint = service === undefined ? '' : await serviceWords(context, scope, { service, range })
  return { range, ...shown, message: `No spans ${rangeWords(range)} show a service. ${hint}`.trimEnd() }
}

/**
 * The map of edges. A node's figures are those of all calls that reach it, from outside too. A name that is both a
 * service and something seen only by its callers (a host that also sends spans) is one service.
 */
export function buildServiceMap(edges: readonly ServiceEdge[], seconds: number): ServiceMap {
  const types = new Map<string, NodeType>()
  const reached = new Map<string, ServiceEdge[]>()
  const pairs = new Map<string, ServiceEdge[]>()
  for (const edge of edges) {
    if (edge.clientType !== 'entry') settle(types, edge.client, nodeTypes[edge.clientType])
    settle(types, edge.server, nodeTypes[edge.serverType])
    append(reached, edge.server, edge)
    if (edge.clientType !== 'entry') append(pairs, JSON.stringify([edge.client, edge.server]), edge)
  }
  const nodes = [...types].map(([name, type]) => ({ name, type, figures: figuresOf(reached.get(name) ?? [], seconds) }))
  const dependencies = [...pairs.values()].map((calls) => ({
    source: calls[0].client,
    target: calls[0].server,
    figures: figuresOf(calls, seconds),
  }))
  nodes.sort((a, b) => a.name.localeCompare(b.name))
  dependencies.sort((a, b) => a.source.localeCompare(b.source) || a.target.localeCompare(b.target))
  return { nodes, dependencies }
}

/** All services that `service` calls, directly or through others; without itself. */
export function calledBy(edges: readonly ServiceEdge[], service: string): readonly string[] {
  const called = new Set([service])
  for (const name of called)
    for (const edge of edges)
      if (
        edge.client === name &&
        edge.clientType !== 'entry' &&
        (edge.serverType === 'service' || edge.serverType === 'topic')
      )
        called.add(edge.server)
  called.delete(service)
  return [...called]
}

function neighbourhood(map: ServiceMap, service: string): ServiceMap {
  const dependencies = map.dependencies.filter((one) => one.source === service || one.target === service)
  const names = new Set([service, ...dependencies.flatMap((one) => [one.source, one.target])])
  return { nodes: map.nodes.filter((node) => names.has(node.name)), dependencies }
}

function settle(types: Map<string, NodeType>, name: string, type: NodeType): void {
  if (name === '') return
  if (type === 'service' || !types.has(name)) types.set(name, type)
}

function append(lists: Map<string, ServiceEdge[]>, key: string, edge: ServiceEdge): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [edge])
  else list.push(edge)
}

function figuresOf(edges: readonly ServiceEdge[], seconds: number): CallFigures {
  let calls = 0
  let errors = 0
  let durationNs = 0
  for (const edge of edges) {
    calls += edge.calls
    errors += edge.errors
    durationNs += edge.durationSumNs
  }
  return {
    requestCount: calls,
    requestRate: calls / seconds,
    errorRate: calls === 0 ? 0 : errors / calls,
    avgLatencyMs: calls === 0 ? 0 : durationNs / calls / 1e6,
  }
}
