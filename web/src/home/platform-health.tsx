import type { Readiness } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { Verdict, VerdictMark } from '../parts/verdict.tsx'
import { useTenant } from '../url/use-search.ts'

/** Milliseconds between two looks. */
const lookEveryMs = 5000

/** Names of parts for people; a part without one is shown by its own name. */
const partWords: Readonly<Record<string, string>> = {
  engine: 'Column store',
  catalog: 'Settings',
  loader: 'Loading from the journal',
  deriver: 'Rollups and edges',
  'http-listener': 'Web app and API',
  'otlp-http-listener': 'OTLP over HTTP',
  'otlp-grpc-listener': 'OTLP over gRPC',
  'log-pipelines': 'Log pipelines',
  'log-metrics': 'Metrics from logs',
  scraper: 'Scraping',
  'file-tail': 'Files that are followed',
  'own-telemetry': 'Own telemetry',
  'demo-shop': 'Demo shop',
}

/** How the platform itself does: its parts, those that are not ready first with the reason. */
export function PlatformHealth() {
  const tenant = useTenant()
  const asked = useAnswer<Readiness>({ path: '/readyz', everyMs: lookEveryMs, answersAt: 503 })
  const state = usePanelState(asked)
  const parts = asked.data?.parts ?? []
  const troubled = parts.filter(({ ready }) => !ready)
  return (
    <Panel
      title="Sightline itself"
      state={state}
      cost={asked.cost}
      aside={
        tenant !== '_system' && (
          <a className="lnk sm" href="/_system/home">
            Its own telemetry
          </a>
        )
      }
    >
      <div className="col" style={{ gap: 8 }}>
        {troubled.length === 0 ? (
          <Verdict judgement="usual" words={`All ${parts.length} parts are ready`} />
        ) : (
          <Verdict judgement="bad" words={`${troubled.length} of ${parts.length} parts are not ready`} />
        )}
        <ul className="parts">
          {[...troubled, ...parts.filter(({ ready }) => ready)].map(({ name, ready, detail }) => (
            <li key={name} className={ready ? 't2' : ''}>
              <VerdictMark judgement={ready ? 'usual' : 'bad'} />
              <span className="ell">
                {partWords[name] ?? name.replaceAll(/[-_]/g, ' ')}
                {!ready && detail !== undefined && <span className="err">: {detail}</span>}
              </span>
              <span className="seen-by-readers">{ready ? ', ready' : ', not ready'}</span>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  )
}
