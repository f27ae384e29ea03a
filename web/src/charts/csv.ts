import type { ChartData } from './series.ts'

/** Comma-separated values: ISO time, then one column a series; gaps are empty. Source: RFC 4180. */
export function chartCsv({ times, series }: Pick<ChartData, 'times' | 'series'>): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const head = ['time', ...series.map(({ name }) => quoted(name))].join(',')
  const rows = times.map((ms, at) =>
    [new Date(ms).toISOString(), ...series.map(({ values }) => values[at] ?? '')].join(','),
  )
  return [head, ...rows, ''].join('\r\n')
}
