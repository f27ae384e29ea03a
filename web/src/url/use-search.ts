import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { useView } from '../state/view-store.ts'
import { defaultRange, rangeOf, resolveRange, type Span, type TimeRange } from '../time/range.ts'
import { isZone } from '../time/zone.ts'
import { cleanSearch, type Search } from './search.ts'

/** The tenant that the address names. */
export function useTenant(): string {
  const { tenant } = useParams({ strict: false }) as { tenant?: string }
  return tenant ?? 'default'
}

/** The search part of the address. */
export function useAddress(): Search {
  return useSearch({ strict: false }) as Search
}

/**
 * Changes parts of the address; `undefined` takes a part out. `push` for deliberate acts, which the back button undoes;
 * `replace` while typing, dragging and moving.
 */
export function useChangeAddress(): (change: Partial<Record<keyof Search, unknown>>, how?: 'push' | 'replace') => void {
  const navigate = useNavigate()
  return useCallback(
    (change, how = 'push') => {
      void navigate({
        to: '.',
        search: ((before: Search) => cleanSearch({ ...before, ...(change as Partial<Search>) })) as never,
        replace: how === 'replace',
      })
    },
    [navigate],
  )
}

/** What is carried from screen to screen: range, zone and scope filters. */
export function carried({ from, to, tz, f }: Search): Search {
  return cleanSearch({ from, to, tz, f })
}

export interface TimeView {
  readonly range: TimeRange
  readonly span: Span
  readonly zone: string
  /** What `now` means in this view. */
  readonly nowMs: number
}

/** The range as typed and in milliseconds, and the zone in which times are shown. */
export function useTime(): TimeView {
  const { from, to, tz } = useAddress()
  const nowMs = useView((view) => view.nowMs)
  return useMemo(() => {
    const range = { from: from ?? defaultRange.from, to: to ?? defaultRange.to }
    return { range, span: resolveRange(range, nowMs), zone: tz !== undefined && isZone(tz) ? tz : 'local', nowMs }
  }, [from, to, tz, nowMs])
}

/** Sets the range by milliseconds, e.g. from a drag. */
export function useZoom(): (span: Span) => void {
  const change = useChangeAddress()
  return useCallback(
    (span) => change(rangeOf({ fromMs: Math.round(span.fromMs), toMs: Math.round(span.toMs) })),
    [change],
  )
}
