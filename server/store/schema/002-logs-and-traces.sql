-- Logs, spans, what produced them, and the index from a trace id to its time range.

-- Resources, one row per tenant, resource and day. resource_id is the xxh64 of the canonical resource bytes.
-- attr_types: one AttributeType letter per entry of attrs, in its order.
CREATE TABLE IF NOT EXISTS resources {{on_cluster}} (
  tenant UInt32,
  resource_id UInt64,
  service LowCardinality(String),
  namespace LowCardinality(String),
  pod LowCardinality(String),
  host LowCardinality(String),
  attrs Map(LowCardinality(String), String),
  attr_types LowCardinality(String),
  dropped_attrs UInt32,
  schema_url LowCardinality(String),
  seen_day Date,
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY (toYYYYMM(seen_day), retention)
ORDER BY (tenant, service, resource_id, seen_day)
TTL seen_day + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 10000}};

-- Instrumentation scopes, one row per tenant, scope and day. scope_id is the xxh64 of the canonical scope bytes;
-- 0 means an empty scope, which has no row.
CREATE TABLE IF NOT EXISTS scopes {{on_cluster}} (
  tenant UInt32,
  scope_id UInt64,
  name LowCardinality(String),
  version LowCardinality(String),
  attrs Map(LowCardinality(String), String),
  attr_types LowCardinality(String),
  dropped_attrs UInt32,
  schema_url LowCardinality(String),
  seen_day Date,
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY (toYYYYMM(seen_day), retention)
ORDER BY (tenant, name, scope_id, seen_day)
TTL seen_day + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 10000}};

-- Log records. `observed_lag` is the observed time minus ts in ns; the smallest Int64 where there was none
-- (read `observed`, which is 1970-01-01 then). body is byte for byte as received; body_type is an AttributeType letter.
CREATE TABLE IF NOT EXISTS logs {{on_cluster}} (
  tenant UInt32,
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  observed_lag Int64,
  observed DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(if(observed_lag = toInt64('-9223372036854775808'), toInt64(0), toUnixTimestamp64Nano(ts) + observed_lag), 'UTC'),
  severity UInt8,
  severity_text LowCardinality(String),
  service LowCardinality(String),
  namespace LowCardinality(String),
  pod LowCardinality(String),
  host LowCardinality(String),
  body String,
  body_type FixedString(1),
  template UInt32,
  trace_id FixedString(16),
  span_id FixedString(8),
  flags UInt32,
  scope LowCardinality(String),
  scope_id UInt64,
  event_name LowCardinality(String),
  resource_id UInt64,
  attrs Map(LowCardinality(String), String),
  attr_types LowCardinality(String),
  dropped_attrs UInt32,
  retention UInt16,
  INDEX body_words lower(body) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1,
  INDEX attr_values mapValues(attrs) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = {{engine MergeTree}}
PARTITION BY (toDate(ts), retention)
ORDER BY (tenant, toStartOfFiveMinutes(ts), service, template, ts)
TTL toDate(ts) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', string_serialization_version = 'single_stream',
  max_compress_block_size = 1048576, ttl_only_drop_parts = 1, {{dedup 10000}};

-- Spans with all fields of OTLP. duration is end minus start in ns and negative where a sender's clock stepped back.
CREATE TABLE IF NOT EXISTS spans {{on_cluster}} (
  tenant UInt32,
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  duration Int64,
  trace_id FixedString(16),
  span_id FixedString(8),
  parent_id FixedString(8),
  trace_state LowCardinality(String),
  flags UInt32,
  name LowCardinality(String),
  kind UInt8,
  status UInt8,
  status_message LowCardinality(String),
  service LowCardinality(String),
  namespace LowCardinality(String),
  pod LowCardinality(String),
  host LowCardinality(String),
  resource_id UInt64,
  scope LowCardinality(String),
  scope_id UInt64,
  attrs Map(LowCardinality(String), String),
  attr_types LowCardinality(String),
  dropped_attrs UInt32,
  dropped_events UInt32,
  dropped_links UInt32,
  `events.ts` Array(DateTime64(9, 'UTC')),
  `events.name` Array(LowCardinality(String)),
  `events.attrs` Array(Map(LowCardinality(String), String)),
  `events.attr_types` Array(LowCardinality(String)),
  `events.dropped_attrs` Array(UInt32),
  `links.trace_id` Array(FixedString(16)),
  `links.span_id` Array(FixedString(8)),
  `links.trace_state` Array(LowCardinality(String)),
  `links.flags` Array(UInt32),
  `links.attrs` Array(Map(LowCardinality(String), String)),
  `links.attr_types` Array(LowCardinality(String)),
  `links.dropped_attrs` Array(UInt32),
  retention UInt16,
  INDEX trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX attr_values mapValues(attrs) TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {{engine MergeTree}}
PARTITION BY (toDate(ts), retention)
ORDER BY (tenant, toStartOfFiveMinutes(ts), service, name, ts)
TTL toDate(ts) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', string_serialization_version = 'single_stream',
  max_compress_block_size = 1048576, ttl_only_drop_parts = 1, {{dedup 10000}};

-- Trace id -> time range, services, root. Several rows per trace (one per commit that brought spans of it): merge when
-- reading, GROUP BY tenant, trace_id with min, max, sum, groupUniqArrayArray; root_* come from the row with root_ts > 0.
CREATE TABLE IF NOT EXISTS trace_index {{on_cluster}} (
  tenant UInt32,
  trace_id FixedString(16),
  min_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  max_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  spans UInt32,
  errors UInt32,
  services Array(LowCardinality(String)),
  root_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  root_service LowCardinality(String),
  root_name LowCardinality(String),
  root_duration Int64,
  root_status UInt8,
  retention UInt16
) ENGINE = {{engine MergeTree}}
PARTITION BY (toDate(min_ts), retention)
ORDER BY (tenant, trace_id)
TTL toDate(min_ts) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 10000}};
