import type { ServiceMetrics } from '../../../../contract/index.ts'
import { formatCount } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { VerdictMark } from '../../parts/verdict.tsx'
import { resourceRows } from './resource-rows.ts'

/** Rows shown; those with a warning come first. */
const mostShown = 8

/** What the service and those that it calls run short of; nothing where no limit is known. */
export function Resources({ data }: { data: ServiceMetrics | undefined }) {
  if (data === undefined || data.resources.length === 0) return null
  return (
    <Panel title="Resources" sub="against their limits" isFlush>
      <ul className="resources">
        {resourceRows(data.resources)
          .slice(0, mostShown)
          .map(({ name, service, metric, value, max_value, warning, reason, count }) => (
            <li key={`${service} ${metric} ${name}`} title={reason}>
              <VerdictMark judgement={warning ? 'bad' : 'usual'} />
              <span className="ell grow">
                {name}{' '}
                <span className="t3 sm">
                  {service}
                  {count > 1 && `, the fullest of ${count}`}
                </span>
              </span>
              <span className={warning ? 'b err figure' : 'figure'}>
                {formatCount(value)}
                {max_value === null ? '' : ` of ${formatCount(max_value)}`}
              </span>
            </li>
          ))}
      </ul>
    </Panel>
  )
}
