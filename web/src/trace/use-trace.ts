import { useParams } from '@tanstack/react-router'
import type { TraceAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'

/** The trace that the address names, with its logs and the resources of its services. */
export function useTrace() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const asked = useAnswer<TraceAnswer>({
    path: `/api/traces/${encodeURIComponent(id)}?correlate=true`,
    isWanted: id !== '',
  })
  return { id, asked }
}
