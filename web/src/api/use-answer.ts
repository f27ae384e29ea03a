import { hashKey, keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTenant } from '../url/use-search.ts'
import { type Answer, ApiError, ask, type Cost } from './client.ts'
import { useIsSeen } from './seen.tsx'

export interface Question {
  readonly path: string
  readonly body?: unknown
  /** Another tenant than that of the address. */
  readonly tenant?: string
  /** Asked again this often while the page is visible; left out: never by itself. */
  readonly everyMs?: number
  /** A status beside 2xx whose body is an answer too. */
  readonly answersAt?: number
  /** False: not asked, e.g. while the panel is not on the screen. */
  readonly isWanted?: boolean
}

/** An answer with what a panel needs to show its state. */
export interface Asked<T> {
  readonly data: T | undefined
  readonly cost: Cost | undefined
  readonly error: ApiError | undefined
  /** On the way, while an older answer may still be shown. */
  readonly isAsking: boolean
  /** It was stopped before the first answer came. */
  readonly isStopped: boolean
  /** Unix milliseconds of the shown answer; 0 where there is none. */
  readonly answeredMs: number
  readonly again: () => void
  /** Ends what is on its way, down to the store. */
  readonly stop: () => void
}

/**
 * Asks the API for what a panel shows, while the panel is on the screen or near it (`Seen`). Cancelled when the panel
 * goes; the old answer stays until the new is there.
 */
export function useAnswer<T>({ path, body, everyMs, answersAt, isWanted = true, ...more }: Question): Asked<T> {
  const ofAddress = useTenant()
  const tenant = more.tenant ?? ofAddress
  const queries = useQueryClient()
  const isSeen = useIsSeen()
  const enabled = isWanted && isSeen
  const queryKey = [tenant, path, body ?? null]
  const query = useQuery<Answer<T>>({
    queryKey,
    queryFn: ({ signal }) => ask<T>({ path, tenant, body, answersAt, signal, follow: hashKey(queryKey) }),
    enabled,
    placeholderData: keepPreviousData,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
  return {
    data: query.data?.data,
    cost: query.data?.cost,
    error: query.error instanceof ApiError ? query.error : query.error === null ? undefined : asApiError(query.error),
    isAsking: query.isFetching,
    isStopped: enabled && query.isPending && !query.isFetching,
    answeredMs: query.dataUpdatedAt,
    again: () => void query.refetch(),
    stop: () => void queries.cancelQueries({ queryKey, exact: true }),
  }
}

function asApiError(error: Error): ApiError {
  return new ApiError(0, { code: 'internal', message: error.message }, null)
}
