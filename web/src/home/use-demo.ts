import { useState } from 'react'
import type { DemoState } from '../../../contract/index.ts'
import { ApiError, ask } from '../api/client.ts'
import { useAnswer } from '../api/use-answer.ts'

/** Whom the shop is asked for: its own tenant is not there before it starts and after its rows are removed. */
const tenant = 'default'
/** Milliseconds between two looks at the shop. */
const lookEveryMs = 2000

export interface Demo {
  readonly state: DemoState | undefined
  /** Why the last act was refused. */
  readonly trouble: string | null
  /** It was started from this page. */
  readonly isStartedHere: boolean
  readonly start: () => void
  readonly stop: () => void
  readonly remove: () => void
  readonly switchFault: (name: string, isActive: boolean) => void
}

/** The demo shop on the server, and the acts on it. */
export function useDemo(): Demo {
  const asked = useAnswer<DemoState>({ path: '/api/demo', tenant, everyMs: lookEveryMs })
  const [trouble, setTrouble] = useState<string | null>(null)
  const [isStartedHere, setStartedHere] = useState(false)
  const act = (path: string, body: object = {}) => {
    setTrouble(null)
    ask<DemoState>({ path: `/api/demo/${path}`, tenant, body, signal: AbortSignal.timeout(60_000) })
      .catch((error: unknown) => setTrouble(error instanceof ApiError ? error.message : 'The server did not answer.'))
      .finally(asked.again)
  }
  return {
    ...{ state: asked.data, trouble, isStartedHere },
    start: () => {
      setStartedHere(true)
      act('start')
    },
    stop: () => act('stop'),
    remove: () => act('remove'),
    switchFault: (name, active) => act(`faults/${name}`, { active }),
  }
}
