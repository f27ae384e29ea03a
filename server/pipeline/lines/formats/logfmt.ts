import type { LineFormat } from '../line-format.ts'
import { readPairs } from '../pairs.ts'

/** Lines of `key=value` throughout. */
export const logfmt: LineFormat = {
  name: 'logfmt',
  title: 'logfmt: Go slog and logrus text handlers, Prometheus, Grafana, Heroku',
  certainty: 80,
  examples: [
    {
      line: 'time=2026-01-31T12:00:00.123Z level=INFO source=main.go:42 msg="order placed" order=17 took=1.5 ok=true',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { source: 'main.go:42', msg: 'order placed', order: '17', took: '1.5', ok: 'true' },
    },
    {
      line: 'ts=2026-01-31T12:00:00Z caller=head.go:584 level=warn msg="said \\"no\\"" component=tsdb',
      severity: 13,
      time: '2026-01-31T12:00:00Z',
      attributes: { 'code.file.path': 'head.go', 'code.line.number': '584', msg: 'said "no"', component: 'tsdb' },
    },
  ],
  parse: (line, fields) => readPairs(line, fields),
}
