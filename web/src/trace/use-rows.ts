import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { TraceRowsAnswer, TraceRowsRequest, TraceSeekAnswer, TraceSeekRequest } from '../../../contract/index.ts'
import { ask } from '../api/client.ts'
import { useTenant } from '../url/use-search.ts'
import type { Spent } from './trace-cost.tsx'
import { tracePath } from './use-trace.ts'

export type TraceRow = TraceRowsAnswer['rows'][number]

/** How a trace is listed; part of every question about its rows. */
export type RowOrder = Required<Pick<TraceRowsRequest, 'closed' | 'repeats' | 'only' | 'services' | 'words'>>

/** Rows of one window, as the server cuts them. */
const windowRows = 500
/** Windows that are kept while others are looked at, milliseconds. */
const keptMs = 60_000

/** The rows of a trace that are near what is seen; the others are not here. */
export interface WindowedRows {
  readonly total: number
  readonly found: number
  readonly rowAt: (index: number) => TraceRow | undefined
  /** Place of a span among the rows that are here; -1 where it is not. */
  readonly placeOf: (id: string) => number
  readonly isReady: boolean
}

/** Rows beyond what is drawn that are asked for, so that scrolling finds them there. */
const aheadRows = 150

/** Windows around what is drawn; a change of it that stays within them draws nothing anew. */
export function useDrawnPages(): {
  readonly pages: readonly [number, number]
  readonly onDrawn: (first: number, last: number) => void
} {
  const [pages, setPages] = useState<readonly [number, number]>([0, 0])
  const onDrawn = useCallback((first: number, last: number) => {
    const from = Math.floor(Math.max(first - aheadRows, 0) / windowRows)
    const to = Math.floor((last + aheadRows) / windowRows)
    setPages((before) => (before[0] === from && before[1] === to ? before : [from, to]))
  }, [])
  return { pages, onDrawn }
}

interface OrderedTrace {
  readonly id: string
  readonly order: RowOrder
}

/** The question for one window of rows. */
function windowQuery(tenant: string, { id, order }: OrderedTrace, page: number) {
  return {
    queryKey: [tenant, 'trace-rows', id, order, page],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      ask<TraceRowsAnswer>({
        ...{ path: tracePath(id, 'rows'), tenant, signal },
        body: { ...order, offset: page * windowRows, limit: windowRows },
      }),
    gcTime: keptMs,
    structuralSharing: false,
  } as const
}

/** Asks for the first window, also before there is anything to draw it in; what its answer took. */
export function useFirstRows({ isWanted, ...trace }: OrderedTrace & { isWanted: boolean }): Spent {
  const tenant = useTenant()
  const queries = useQueryClient()
  const query = windowQuery(tenant, trace, 0)
  const { data, isFetching } = useQuery({ ...query, enabled: isWanted })
  return {
    cost: data?.cost,
    isAsking: isFetching,
    stop: () => void queries.cancelQueries({ queryKey: query.queryKey, exact: true }),
  }
}

interface WindowQuestion extends OrderedTrace {
  /** First and last window. */
  readonly pages: readonly [number, number]
}

/** Asks for the windows of rows around what is drawn; rows of the order before stay until new ones are here. */
export function useRows({ id, order, pages: [first, last] }: WindowQuestion): WindowedRows {
  const tenant = useTenant()
  const pages = Array.from({ length: Math.max(last - first + 1, 1) }, (_, at) => first + at)
  const answers = useQueries({
    queries: pages.map((page) => ({
      ...windowQuery(tenant, { id, order }, page),
      enabled: id !== '',
      placeholderData: keepPreviousData,
    })),
  })
  const kept = useRef({ total: 0, found: 0 })
  const data = answers.map((answer) => answer.data?.data)
  const newest = data.find((one) => one !== undefined)
  if (newest !== undefined) kept.current = { total: newest.total, found: newest.found }
  const { total, found } = kept.current
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answers themselves, whose list has a new length at times
  return useMemo(() => {
    const windows = data.filter((one) => one !== undefined)
    const rowAt = (index: number) => {
      for (const { offset, rows } of windows)
        if (index >= offset && index < offset + rows.length) return rows[index - offset]
      return undefined
    }
    const placeOf = (span: string) => {
      for (const { offset, rows } of windows) {
        const at = rows.findIndex(({ span_id }) => span_id === span)
        if (at >= 0) return offset + at
      }
      return -1
    }
    return { total, found, rowAt, placeOf, isReady: newest !== undefined }
  }, [total, found, ...data])
}

/** Place of a span in the order, or of what hides it; null while it is not known. */
export function usePlace({
  id,
  order,
  span,
}: {
  id: string
  order: RowOrder
  span: string | undefined
}): number | null {
  const tenant = useTenant()
  const { data } = useQuery({
    queryKey: [tenant, 'trace-place', id, order, span],
    queryFn: ({ signal }) =>
      ask<TraceRowsAnswer>({
        ...{ path: tracePath(id, 'rows'), tenant, signal },
        body: { ...order, around: span, limit: 1 },
      }),
    enabled: span !== undefined && id !== '',
    gcTime: keptMs,
  })
  return span === undefined ? null : (data?.data.around ?? null)
}

/** Finds the next row that fits and gives its span; the last question counts. */
export function useSeek(
  id: string,
  order: RowOrder,
): (what: TraceSeekRequest['what'], step: 1 | -1, from: string | undefined) => Promise<string | null> {
  const tenant = useTenant()
  const queries = useQueryClient()
  return useCallback(
    async (what, step, from) => {
      const answer = await queries.fetchQuery({
        queryKey: [tenant, 'trace-seek', id, order, what, step, from ?? ''],
        queryFn: ({ signal }) =>
          ask<TraceSeekAnswer>({
            ...{ path: tracePath(id, 'seek'), tenant, signal },
            body: { ...order, what, step, ...(from === undefined ? {} : { from }) },
          }),
        staleTime: keptMs,
      })
      return answer.data?.span_id ?? null
    },
    [tenant, queries, id, order],
  )
}
