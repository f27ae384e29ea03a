import { useState } from 'react'
import type { TraceOverview } from '../../../contract/index.ts'
import { formatDuration } from '../format/number.ts'
import { VerdictMark } from '../parts/verdict.tsx'

/** What is worth a look in the trace, one at a time; Show selects its span, and then the next can be shown. */
export function FindingNote({
  findings,
  onShow,
}: {
  findings: TraceOverview['findings']
  onShow: (span: string) => void
}) {
  const [shown, setShown] = useState(-1)
  const at = Math.max(shown, 0)
  const finding = findings[at]
  if (finding === undefined) return null
  const show = () => {
    const next = shown < 0 ? 0 : (shown + 1) % findings.length
    setShown(next)
    onShow(findings[next].span_id)
  }
  return (
    <p className="finding sm" role="note">
      <VerdictMark judgement="watch" />
      <span className="ell" title={finding.words}>
        {finding.words}, {formatDuration(finding.duration / 1000)}
      </span>
      {findings.length > 1 && (
        <span className="t3" style={{ whiteSpace: 'nowrap' }}>
          {at + 1} of {findings.length}
        </span>
      )}
      <button type="button" className="lnk" onClick={show}>
        {shown >= 0 && findings.length > 1 ? 'Next' : 'Show'}
      </button>
    </p>
  )
}
