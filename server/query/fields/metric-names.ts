import { labelField, serviceOfSeries } from '../../store/read/series.ts'
import { type NamedField, textForm } from './named-field.ts'

/** Names by which people mean the metric's own name, and the service that a series belongs to. */
export const metricNameNames: readonly string[] = ['metric', 'metric_name', '__name__']
export const metricServiceNames: readonly string[] = ['service_name', 'service', 'service.name']
/** The one field of samples that can be aggregated. */
export const metricValueName = 'value'

/** A label as a field; a name with dots is read with underscores, as OpenTelemetry names become labels. */
export function metricFieldNamed(name: string): NamedField {
  const common = { name, form: textForm, unit: '', needsResources: false }
  if (metricServiceNames.includes(name)) return { ...common, field: serviceOfSeries }
  if (metricNameNames.includes(name)) return { ...common, field: labelField('__name__') }
  const label = /^(labels|resource|attributes)\.(.+)$/.exec(name)?.[2] ?? name
  return { ...common, field: labelField(label.replaceAll('.', '_')) }
}
