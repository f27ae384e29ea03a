import { hashKey, keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useRef } from 'react'
import type { TraceSearchAnswer } from '../../../contract/index.ts'
import { ApiError, ask, type Cost } from '../api/client.ts'
import { useIsSeen } from '../api/seen.tsx'
import { useAnswer } from '../api/use-answer.ts'
import type { Exemplar } from '../charts/series.ts'
import { timeRangeOf } from '../services/questions.ts'
import type { Span } from '../time/range.ts'
import { useTenant } from '../url/use-search.ts'
import { chosenExemplars, type Grid, type WireExemplars, type WireSeries } from './result-series.ts'

/** Series of one answer; the server says where there are more. */
const mostSeries = 500

/** Milliseconds for which an answer that is not shown any more is kept: a live view makes many. */
const forgottenMs = 30_000

interface Wire<T> {
  readonly data: T
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

interface WireRange {
  readonly result: readonly WireSeries[]
  readonly stats?: { readonly samples: { readonly totalQueryableSamples: number } }
}

/** What one query of a range gave. */
export interface RangeResult {
  readonly series: readonly WireSeries[]
  readonly samples: number
  readonly cost: Cost
  /** Warnings and infos of the server. */
  readonly remarks: readonly string[]
}

export interface AskedRange {
  readonly letter: string
  readonly result: RangeResult | undefined
  readonly error: ApiError | undefined
  readonly isAsking: boolean
  /** It was stopped before an answer came. */
  readonly isStopped: boolean
  readonly again: () => void
  readonly stop: () => void
}

/** A query as it is sent, under the letter of its line. */
export interface RangeQuestion {
  readonly letter: string
  readonly text: string
}

/** Asks several range queries at once; the old result of a line stays until its new one is there. */
export function useRanges(questions: readonly RangeQuestion[], grid: Grid, isWanted = true): AskedRange[] {
  const tenant = useTenant()
  const queries = useQueryClient()
  const enabled = useIsSeen() && isWanted
  const keyOf = (text: string) => [tenant, 'promql', 'range', text, grid]
  const kept = useRef(new Map<string, RangeResult>())
  const answers = useQueries({
    queries: questions.map(({ text }) => ({
      queryKey: keyOf(text),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        askRange({ text, grid, tenant, signal, follow: hashKey(keyOf(text)) }),
      enabled: enabled && text.trim() !== '',
      gcTime: forgottenMs,
    })),
  })
  return questions.map(({ letter, text }, at) => {
    const { data, error, isFetching, isPending, refetch } = answers[at]
    if (data !== undefined) kept.current.set(letter, data)
    else if (error !== null) kept.current.delete(letter)
    return {
      ...{ letter, result: data ?? kept.current.get(letter), isAsking: isFetching },
      isStopped: enabled && text.trim() !== '' && isPending && !isFetching,
      error: error === null ? undefined : asApiError(error),
      again: () => void refetch(),
      stop: () => void queries.cancelQueries({ queryKey: keyOf(text), exact: true }),
    }
  })
}

interface RangeRequest {
  readonly text: string
  readonly grid: Grid
  readonly tenant: string
  readonly signal: AbortSignal
  readonly follow: string
}

async function askRange({ text, grid, tenant, signal, follow }: RangeRequest): Promise<RangeResult> {
  const { data, cost } = await ask<Wire<WireRange>>({
    ...{ path: '/api/v1/query_range', tenant, signal, follow },
    form: {
      query: text,
      start: String(grid.startMs / 1000),
      end: String((grid.startMs + (grid.count - 1) * grid.stepMs) / 1000),
      step: String(grid.stepMs / 1000),
      ...{ limit: String(mostSeries), stats: '1' },
    },
  })
  const samples = data.data.stats?.samples.totalQueryableSamples ?? 0
  return {
    ...{ series: data.data.result, samples, cost: { ...cost, samples } },
    remarks: [...(data.warnings ?? []), ...(data.infos ?? [])],
  }
}

/** Ends what is being asked for queries and formulas. */
export function useStopRanges(): () => void {
  const queries = useQueryClient()
  const tenant = useTenant()
  return useCallback(() => void queries.cancelQueries({ queryKey: [tenant, 'promql'] }), [queries, tenant])
}

interface ExemplarQuestion {
  readonly text: string
  readonly span: Span
  readonly grid: Grid
  readonly scale: number
  readonly isOnAxis: boolean
  readonly isWanted: boolean
}

/** Traced requests behind a query, those that failed marked. */
export function useExemplars({ text, span, grid, scale, isOnAxis, isWanted }: ExemplarQuestion): readonly Exemplar[] {
  const tenant = useTenant()
  const isSeen = useIsSeen()
  const found = useQuery({
    queryKey: [tenant, 'promql', 'exemplars', text, grid],
    queryFn: async ({ signal }) => {
      const form = { query: text, start: String(span.fromMs / 1000), end: String(span.toMs / 1000) }
      const { data } = await ask<Wire<WireExemplars[]>>({ path: '/api/v1/query_exemplars', tenant, form, signal })
      return data.data
    },
    enabled: isWanted && isSeen && text.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
  const exemplars = useMemo(
    () => (isWanted ? chosenExemplars(found.data ?? [], { grid, scale, isOnAxis }) : []),
    [isWanted, found.data, grid, scale, isOnAxis],
  )
  const ids = exemplars.map(({ traceId }) => traceId)
  const traces = useAnswer<TraceSearchAnswer>({
    path: '/api/traces/search',
    body: {
      time_range: timeRangeOf(span),
      filters: [
        { field: 'trace_id', operator: 'in', value: ids },
        { field: 'status', operator: 'eq', value: 'error' },
      ],
      limit: Math.max(ids.length, 1),
    },
    isWanted: ids.length > 0,
  })
  return useMemo(() => {
    const failed = new Set(traces.data?.traces.map(({ trace_id }) => trace_id))
    return exemplars.map((one) => (failed.has(one.traceId) ? { ...one, hasError: true } : one))
  }, [exemplars, traces.data])
}

/** Asks whether a text is PromQL, without running it. Resolves to the error where it is none. */
export async function checkSyntax(text: string, tenant: string, signal: AbortSignal): Promise<ApiError | null> {
  try {
    await ask({ path: '/api/v1/parse_query', tenant, form: { query: text }, signal })
    return null
  } catch (error) {
    if (error instanceof ApiError && error.code === 'bad_request') return error
    return null
  }
}

function asApiError(error: Error): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, { code: 'internal', message: error.message }, null)
}
