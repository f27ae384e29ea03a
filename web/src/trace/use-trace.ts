import { useParams } from '@tanstack/react-router'
import type { TraceContext, TraceOverview, TraceProfile } from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'

/** The trace that the address names. */
export function useTraceId(): string {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  return id
}

/** Where the parts of a trace are asked for. */
export function tracePath(id: string, part: string): string {
  return `/api/traces/${encodeURIComponent(id)}/${part}`
}

/** What is to be said of a trace before its rows. */
export function useOverview(id: string): Asked<TraceOverview> {
  return useAnswer<TraceOverview>({ path: tracePath(id, 'summary'), isWanted: id !== '' })
}

/** Logs of a trace and resources of its services; comes after the rows, which do not wait for it. */
export function useTraceContext(id: string): Asked<TraceContext> {
  return useAnswer<TraceContext>({ path: tracePath(id, 'context'), isWanted: id !== '' })
}

/** Where the time of a trace went. */
export function useProfile(id: string): Asked<TraceProfile> {
  return useAnswer<TraceProfile>({ path: tracePath(id, 'profile'), isWanted: id !== '' })
}
