import type { ServiceMetrics } from '../../../../contract/index.ts'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { callsOut, queries } from './call-rows.ts'
import { Calls } from './calls.tsx'
import { Endpoints } from './endpoints.tsx'
import { Exceptions } from './exceptions.tsx'

const views = [
  ['endpoints', 'Endpoints'],
  ['queries', 'Queries'],
  ['calls', 'Calls out'],
  ['exceptions', 'Exceptions'],
] as const

/** What the service does: what it serves, what it asks of databases and of others, and what it throws. */
export function Activity({ service, metrics }: { service: string; metrics: ServiceMetrics | undefined }) {
  const { view } = useAddress()
  const chosen = views.find(([id]) => id === view)?.[0] ?? 'endpoints'
  const aside = <Switch chosen={chosen} />
  return (
    // One element for all of them: what is on the screen is known by it.
    <div>
      {chosen === 'endpoints' && <Endpoints service={service} metrics={metrics} aside={aside} />}
      {chosen === 'queries' && <Calls key={chosen} service={service} kind={queries} aside={aside} />}
      {chosen === 'calls' && <Calls key={chosen} service={service} kind={callsOut} aside={aside} />}
      {chosen === 'exceptions' && <Exceptions service={service} aside={aside} />}
    </div>
  )
}

function Switch({ chosen }: { chosen: (typeof views)[number][0] }) {
  const change = useChangeAddress()
  return (
    <div className="seg small">
      {views.map(([id, word]) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === chosen}
          onClick={() => change({ view: id === 'endpoints' ? undefined : id })}
        >
          {word}
        </button>
      ))}
    </div>
  )
}
