import { wireEncoder } from '../../../server/decode/metric/wire-schema.ts'

const pointTimes = ['2 start_time_unix_nano fixed64', '3 time_unix_nano fixed64']
const otlpOrigin = [
  'KeyValue: 1 key string, 2 value AnyValue',
  'AnyValue: 1 string_value string?, 2 bool_value bool?, 3 int_value int64?, 4 double_value double?, 5 array_value List, 6 kvlist_value Map, 7 bytes_value bytes?',
  'List: 1 values AnyValue[]',
  'Map: 1 values KeyValue[]',
  'Resource: 1 attributes KeyValue[], 2 dropped_attributes_count uint32',
  'Scope: 1 name string, 2 version string, 3 attributes KeyValue[], 4 dropped_attributes_count uint32',
]
const histogram = [
  'Span: 1 offset sint32, 2 length uint32',
  'Histogram: 1 count_int uint64?, 2 count_float double?, 3 sum double, 4 schema sint32, 5 zero_threshold double, 6 zero_count_int uint64?, 7 zero_count_float double?, 8 negative_spans Span[], 9 negative_deltas sint64[], 10 negative_counts double[], 11 positive_spans Span[], 12 positive_deltas sint64[], 13 positive_counts double[], 14 reset_hint int32, 15 timestamp int64, 16 custom_values double[]',
]

/** Messages as lines `Name: 1 field type, …`. */
function encoderOf(...messages: readonly string[]) {
  return wireEncoder(
    Object.fromEntries(
      messages.map((message) => {
        const [name, fields] = message.split(': ')
        return [name, fields.split(', ')]
      }),
    ),
  )
}

/** Source: opentelemetry-proto 1.x, logs.proto. */
export const encodeOtlpLogs = encoderOf(
  'Request: 1 resource_logs ResourceLogs[]',
  'ResourceLogs: 1 resource Resource, 2 scope_logs ScopeLogs[], 3 schema_url string',
  'ScopeLogs: 1 scope Scope, 2 log_records LogRecord[], 3 schema_url string',
  'LogRecord: 1 time_unix_nano fixed64, 2 severity_number int32, 3 severity_text string, 5 body AnyValue, 6 attributes KeyValue[], 7 dropped_attributes_count uint32, 9 trace_id bytes, 10 span_id bytes, 11 observed_time_unix_nano fixed64, 12 event_name string',
  ...otlpOrigin,
)

/** Source: opentelemetry-proto 1.x, trace.proto. */
export const encodeOtlpTraces = encoderOf(
  'Request: 1 resource_spans ResourceSpans[]',
  'ResourceSpans: 1 resource Resource, 2 scope_spans ScopeSpans[], 3 schema_url string',
  'ScopeSpans: 1 scope Scope, 2 spans Span[], 3 schema_url string',
  'Span: 1 trace_id bytes, 2 span_id bytes, 3 trace_state string, 4 parent_span_id bytes, 5 name string, 6 kind int32, 7 start_time_unix_nano fixed64, 8 end_time_unix_nano fixed64, 9 attributes KeyValue[], 10 dropped_attributes_count uint32, 11 events Event[], 12 dropped_events_count uint32, 13 links Link[], 14 dropped_links_count uint32, 15 status Status',
  'Event: 1 time_unix_nano fixed64, 2 name string, 3 attributes KeyValue[], 4 dropped_attributes_count uint32',
  'Link: 1 trace_id bytes, 2 span_id bytes, 3 trace_state string, 4 attributes KeyValue[], 5 dropped_attributes_count uint32',
  'Status: 2 message string, 3 code int32',
  ...otlpOrigin,
)

/** Source: opentelemetry-proto 1.x, metrics.proto. */
export const encodeOtlpMetrics = encoderOf(
  'Request: 1 resource_metrics ResourceMetrics[]',
  'ResourceMetrics: 1 resource Resource, 2 scope_metrics ScopeMetrics[], 3 schema_url string',
  'ScopeMetrics: 1 scope Scope, 2 metrics Metric[], 3 schema_url string',
  'Metric: 1 name string, 2 description string, 3 unit string, 5 gauge Gauge, 7 sum Sum, 9 histogram Histogram, 10 exponential_histogram Exponential, 11 summary Summary',
  'Gauge: 1 data_points NumberPoint[]',
  'Sum: 1 data_points NumberPoint[], 2 aggregation_temporality int32, 3 is_monotonic bool',
  'Histogram: 1 data_points HistogramPoint[], 2 aggregation_temporality int32',
  'Exponential: 1 data_points ExponentialPoint[], 2 aggregation_temporality int32',
  'Summary: 1 data_points SummaryPoint[]',
  `NumberPoint: ${pointTimes.join(', ')}, 4 as_double double?, 5 exemplars Exemplar[], 6 as_int sfixed64?, 7 attributes KeyValue[], 8 flags uint32`,
  `HistogramPoint: ${pointTimes.join(', ')}, 4 count fixed64, 5 sum double?, 6 bucket_counts fixed64[], 7 explicit_bounds double[], 8 exemplars Exemplar[], 9 attributes KeyValue[], 10 flags uint32, 11 min double?, 12 max double?`,
  `ExponentialPoint: 1 attributes KeyValue[], ${pointTimes.join(', ')}, 4 count fixed64, 5 sum double?, 6 scale sint32, 7 zero_count fixed64, 8 positive Buckets, 9 negative Buckets, 10 flags uint32, 11 exemplars Exemplar[], 14 zero_threshold double`,
  'Buckets: 1 offset sint32, 2 bucket_counts uint64[]',
  `SummaryPoint: ${pointTimes.join(', ')}, 4 count fixed64, 5 sum double, 6 quantile_values Quantile[], 7 attributes KeyValue[], 8 flags uint32`,
  'Quantile: 1 quantile double, 2 value double',
  'Exemplar: 2 time_unix_nano fixed64, 3 as_double double?, 4 span_id bytes, 5 trace_id bytes, 6 as_int sfixed64?, 7 filtered_attributes KeyValue[]',
  ...otlpOrigin,
)

/** Source: Prometheus, prompb/remote.proto and types.proto. */
export const encodeRemoteWrite = encoderOf(
  'WriteRequest: 1 timeseries TimeSeries[], 3 metadata MetricMetadata[]',
  'TimeSeries: 1 labels Label[], 2 samples Sample[], 3 exemplars Exemplar[], 4 histograms Histogram[]',
  'Label: 1 name string, 2 value string',
  'Sample: 1 value double, 2 timestamp int64',
  'Exemplar: 1 labels Label[], 2 value double, 3 timestamp int64',
  'MetricMetadata: 1 type int32, 2 metric_family_name string, 4 help string, 5 unit string',
  ...histogram,
)

/** Source: Prometheus, prompb/io/prometheus/write/v2/types.proto. */
export const encodeRemoteWriteV2 = encoderOf(
  'Request: 4 symbols string[], 5 timeseries TimeSeries[]',
  'TimeSeries: 1 labels_refs uint32[], 2 samples Sample[], 3 histograms Histogram[], 4 exemplars Exemplar[], 5 metadata Metadata, 6 created_timestamp int64',
  'Sample: 1 value double, 2 timestamp int64, 3 start_timestamp int64',
  'Exemplar: 1 labels_refs uint32[], 2 value double, 3 timestamp int64',
  'Metadata: 1 type int32, 3 help_ref uint32, 4 unit_ref uint32',
  ...histogram,
)

/** Source: prometheus/client_model, metrics.proto. */
export const encodeFamily = encoderOf(
  'MetricFamily: 1 name string, 2 help string, 3 type int32, 4 metric Metric[], 5 unit string',
  'Metric: 1 label Label[], 2 gauge Value, 3 counter Counter, 4 summary Summary, 5 untyped Value, 6 timestamp_ms int64?, 7 histogram Histogram',
  'Label: 1 name string, 2 value string',
  'Value: 1 value double',
  'Counter: 1 value double, 2 exemplar Exemplar',
  'Summary: 1 sample_count uint64, 2 sample_sum double, 3 quantile Quantile[]',
  'Quantile: 1 quantile double, 2 value double',
  'Exemplar: 1 label Label[], 2 value double, 3 timestamp Timestamp',
  'Timestamp: 1 seconds int64, 2 nanos int32',
  'Histogram: 1 sample_count uint64, 2 sample_sum double, 3 bucket Bucket[], 4 sample_count_float double, 5 schema sint32, 6 zero_threshold double, 7 zero_count uint64, 8 zero_count_float double, 9 negative_span Span[], 10 negative_delta sint64[], 11 negative_count double[], 12 positive_span Span[], 13 positive_delta sint64[], 14 positive_count double[], 16 exemplars Exemplar[]',
  'Bucket: 1 cumulative_count uint64, 2 upper_bound double, 3 exemplar Exemplar, 4 cumulative_count_float double',
  'Span: 1 offset sint32, 2 length uint32',
)

/** Source: Loki 3, pkg/push/push.proto. */
export const encodeLoki = encoderOf(
  'PushRequest: 1 streams Stream[]',
  'Stream: 1 labels string, 2 entries Entry[], 3 hash uint64',
  'Entry: 1 timestamp Timestamp, 2 line string, 3 structured_metadata Pair[], 4 parsed Pair[]',
  'Timestamp: 1 seconds int64, 2 nanos int32',
  'Pair: 1 name string, 2 value string',
)

/** Source: zipkin-api, zipkin.proto. */
export const encodeZipkin = encoderOf(
  'ListOfSpans: 1 spans Span[]',
  'Span: 1 trace_id bytes, 2 parent_id bytes, 3 id bytes, 4 kind int32, 5 name string, 6 timestamp fixed64, 7 duration uint64, 8 local_endpoint Endpoint, 9 remote_endpoint Endpoint, 10 annotations Annotation[], 11 tags Tag[], 12 debug bool, 13 shared bool',
  'Endpoint: 1 service_name string, 2 ipv4 bytes, 3 ipv6 bytes, 4 port int32',
  'Annotation: 1 timestamp fixed64, 2 value string',
  'Tag: 1 key string, 2 value string',
)

/** Source: jaeger-idl, proto/api_v2/model.proto. */
export const encodeJaeger = encoderOf(
  'Request: 1 batch Batch',
  'Batch: 1 spans Span[], 2 process Process',
  'Time: 1 seconds int64, 2 nanos int32',
  'KeyValue: 1 key string, 2 v_type int32, 3 v_str string, 4 v_bool bool, 5 v_int64 int64, 6 v_float64 double, 7 v_binary bytes',
  'Reference: 1 trace_id bytes, 2 span_id bytes, 3 ref_type int32',
  'Log: 1 timestamp Time, 2 fields KeyValue[]',
  'Process: 1 service_name string, 2 tags KeyValue[]',
  'Span: 1 trace_id bytes, 2 span_id bytes, 3 operation_name string, 4 references Reference[], 5 flags uint32, 6 start_time Time, 7 duration Time, 8 tags KeyValue[], 9 logs Log[], 10 process Process, 11 process_id string, 12 warnings string[]',
)

/** Source: Datadog agent-payload, metrics.proto. */
export const encodeDatadogMetrics = encoderOf(
  'MetricPayload: 1 series Series[]',
  'Series: 1 resources Resource[], 2 metric string, 3 tags string[], 4 points Point[], 5 type int32, 6 unit string, 7 source_type_name string, 8 interval int64',
  'Resource: 1 type string, 2 name string',
  'Point: 1 value double, 2 timestamp int64',
)
