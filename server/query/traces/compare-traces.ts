import type { Scope } from '../../model/scope.ts'
import type { NsRange } from '../../store/read/fragment.ts'
import { type HealthyTraces, healthyTraces } from '../../store/read/healthy-traces.ts'
import type { QueryContext } from '../query-context.ts'
import { usualWindows } from '../usual.ts'
import type { TraceFrame } from './trace-frame.ts'
import type { TraceFrames } from './trace-frames.ts'
import { type OperationFigures, operationsOf } from './trace-profile.ts'

export interface ComparedTraces {
  readonly frame: TraceFrame
  /** Null where no trace is known that is like it. */
  readonly other: TraceFrame | null
  readonly healthy: (HealthyTraces & { readonly window: string }) | null
  /** Largest difference of self time first. */
  readonly operations: readonly ComparedOperation[]
  readonly message?: string
}

export interface ComparedOperation {
  readonly here: OperationFigures | null
  readonly there: OperationFigures | null
}

/** Operations of one comparison. */
const maxOperations = 200
/** Healthy traces from which a window is preferred to one that has fewer. */
const enoughTraces = 20

/**
 * A trace beside another one, or beside a healthy one: of the same root service and operation, without an error, its
 * duration nearest to the median of these. They are looked for where the usual is (docs/marks.md): in the time right
 * before the trace, and at the same time a day earlier; the window with the lower median counts, so that an incident
 * that has gone on for hours is still measured against yesterday.
 */
export async function compareTraces(
  parts: { context: QueryContext; frames: TraceFrames },
  scope: Scope,
  question: { traceId: string; other: string },
): Promise<ComparedTraces> {
  const { frames } = parts
  const { frame } = await frames.of(scope, { traceId: question.traceId, path: 'params.id' })
  if (question.other !== 'healthy') {
    const { frame: other } = await frames.of(scope, { traceId: question.other, path: 'query.with' })
    return { frame, other, healthy: null, operations: differences(frame, other) }
  }
  const healthy = await findHealthy(parts.context, scope, frame)
  if (healthy === null) {
    const title = `${frame.services[frame.service[0]]} ${frame.names[frame.name[0]]}`
    const message = `No trace of ${title} without an error in the hour before, nor at the same time a day earlier.`
    return { frame, other: null, healthy, operations: [], message }
  }
  const { frame: other } = await frames.of(scope, { traceId: healthy.nearest, path: 'query.with' })
  return { frame, other, healthy, operations: differences(frame, other) }
}

async function findHealthy(
  { reader }: QueryContext,
  scope: Scope,
  frame: TraceFrame,
): Promise<(HealthyTraces & { window: string }) | null> {
  const { startNs, durationNs, traceId } = frame
  const range: NsRange = { startNs, endNs: startNs + BigInt(Math.ceil(durationNs)) + 1n }
  const [service, name] = [frame.services[frame.service[0]], frame.names[frame.name[0]]]
  const found = await Promise.all(
    usualWindows(range).map(async ({ words, ...window }) => {
      const one = await healthyTraces(reader, scope, { service, name, window, except: traceId })
      return one === null ? [] : [{ ...one, window: words }]
    }),
  )
  const all = found.flat()
  const enough = all.filter(({ traces }) => traces >= enoughTraces)
  const [best = null] = (enough.length > 0 ? enough : all).toSorted((a, b) => a.medianNs - b.medianNs)
  return best
}

function differences(frame: TraceFrame, other: TraceFrame): ComparedOperation[] {
  const key = ({ service, operation }: OperationFigures) => `${service}\n${operation}`
  const there = new Map(operationsOf(other).map((one) => [key(one), one]))
  const both: ComparedOperation[] = operationsOf(frame).map((here) => {
    const match = there.get(key(here)) ?? null
    there.delete(key(here))
    return { here, there: match }
  })
  both.push(...[...there.values()].map((one) => ({ here: null, there: one })))
  const difference = (one: ComparedOperation) => Math.abs((one.here?.selfNs ?? 0) - (one.there?.selfNs ?? 0))
  return both.sort((a, b) => difference(b) - difference(a)).slice(0, maxOperations)
}
