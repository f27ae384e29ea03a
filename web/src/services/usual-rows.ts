import type { ServiceStateAnswer } from '../../../contract/index.ts'
import { claimWords } from './change-words.ts'
import type { Red } from './questions.ts'
import type { ServiceRow } from './service-rows.ts'

/** The rows with the server's verdict against what is usual, with versions, and with services that are gone. */
export function againstUsual(
  rows: readonly ServiceRow[],
  states: readonly ServiceStateAnswer[],
  zone: string,
): ServiceRow[] {
  const known = new Map(states.map((state) => [state.service, state]))
  const judged = rows
    // What the row was compared with before is not asked for here.
    .filter(({ name, now }) => now.requests > 0 || !known.has(name))
    .map((row) => {
      const state = known.get(row.name)
      return state === undefined
        ? row
        : { ...row, ...verdictOf(state, zone), now: nowOf(state) ?? row.now, before: beforeOf(state) }
    })
  const listed = new Set(judged.map(({ name }) => name))
  const gone = states
    .filter(({ service }) => !listed.has(service))
    .map(
      (state): ServiceRow => ({
        ...{ name: state.service, type: 'service', now: nothing, before: beforeOf(state), rates: [], errors: [] },
        ...{ changeShare: 0, versions: [] },
        ...verdictOf(state, zone),
      }),
    )
  return shares([...judged, ...gone])
}

/** The rows with the versions that the server has seen. */
export function withVersions(rows: readonly ServiceRow[], states: readonly ServiceStateAnswer[]): ServiceRow[] {
  const known = new Map(states.map(({ service, versions }) => [service, versions]))
  return rows.map((row) => ({ ...row, versions: known.get(row.name) ?? [] }))
}

const nothing: Red = { requests: 0, rate: 0, errors: 0, p50: null, p95: null, p99: null }

function verdictOf({ judgement, claim, usual, now }: ServiceStateAnswer, zone: string) {
  if (claim !== null) return { judgement, words: claimWords(claim, zone) }
  if (usual !== null) return { judgement, words: 'Usual' }
  return { judgement, words: now === null ? 'no requests in this range' : 'no usual known yet' }
}

function beforeOf({ usual }: ServiceStateAnswer): Red | null {
  if (usual === null) return null
  const { p95, error_rate, request_rate } = usual
  return { requests: 0, rate: request_rate, errors: error_rate, p50: null, p95: p95 / 1000, p99: null }
}

/** Rates are since the first span of the range, as on Home. */
function nowOf({ now }: ServiceStateAnswer): Red | null {
  if (now === null) return null
  const { p50, p95, p99 } = now.latency
  return {
    ...{ requests: now.request_count, rate: now.request_rate, errors: now.error_rate },
    ...{ p50: p50 / 1000, p95: p95 / 1000, p99: p99 / 1000 },
  }
}

function shares(rows: readonly ServiceRow[]): ServiceRow[] {
  const longer = rows.map(({ now, before, judgement }) =>
    before?.p95 == null || now.p95 === null || judgement === 'usual'
      ? 0
      : Math.max(0, now.p95 - before.p95) * now.requests,
  )
  const sum = longer.reduce((total, one) => total + one, 0)
  return rows.map((row, at) => ({ ...row, changeShare: sum === 0 ? 0 : longer[at] / sum }))
}
