-- Samples, series, metadata, exemplars, native histograms. Codecs and orders were measured; see docs/performance.md.
-- Every statement can run twice. {{engine …}}, {{on_cluster}} and {{dedup n}} are filled in by migrate.ts.

-- Hot samples: one row per (metric, target, scrape time), arrays over the series of that target. Partitioned by the
-- ten minutes of ARRIVAL (`slot`), so that an insert touches one or two partitions however old its samples are.
-- A sample's value is vi / 10^-exp for exp in -4..0; exp = 127 means that vi holds the bits of the Float64.
CREATE TABLE IF NOT EXISTS samples_hot {{on_cluster}} (
  tenant UInt32 CODEC(ZSTD(1)),
  metric UInt64 CODEC(ZSTD(1)),
  target UInt32 CODEC(ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  slot DateTime('UTC') CODEC(ZSTD(1)),
  retention UInt16 CODEC(ZSTD(1)),
  series Array(UInt64) CODEC(ZSTD(1)),
  exp Array(Int8) CODEC(ZSTD(1)),
  vi Array(Int64) CODEC(ZSTD(1))
) ENGINE = {{engine MergeTree}}
PARTITION BY slot
ORDER BY (tenant, metric, toStartOfHour(ts), target, ts)
SETTINGS index_granularity = 1024, {{dedup 10000}};

-- Closed ten minutes of samples_hot on their way into samples (MOVE PARTITION). Parts are never merged here, so that
-- their names and hashes identify what is compacted. Data moves hot -> compacting -> samples only: a reader that
-- unions the three IN THIS ORDER may see a sample twice (equal times are dropped when reading) but never misses one.
CREATE TABLE IF NOT EXISTS samples_compacting {{on_cluster}} (
  tenant UInt32 CODEC(ZSTD(1)),
  metric UInt64 CODEC(ZSTD(1)),
  target UInt32 CODEC(ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  slot DateTime('UTC') CODEC(ZSTD(1)),
  retention UInt16 CODEC(ZSTD(1)),
  series Array(UInt64) CODEC(ZSTD(1)),
  exp Array(Int8) CODEC(ZSTD(1)),
  vi Array(Int64) CODEC(ZSTD(1))
) ENGINE = {{engine MergeTree}}
PARTITION BY slot
ORDER BY (tenant, metric, toStartOfHour(ts), target, ts)
SETTINGS index_granularity = 1024, max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1;

-- Samples for good: one row per piece of (series, hour, exponent); merges concatenate pieces. `ts` may be unsorted
-- and hold equal times (late data, replays): readers sort where needed and drop equal times.
CREATE TABLE IF NOT EXISTS samples {{on_cluster}} (
  tenant UInt32 CODEC(ZSTD(1)),
  metric UInt64 CODEC(ZSTD(1)),
  t0 DateTime('UTC') CODEC(ZSTD(1)),
  target UInt32 CODEC(ZSTD(1)),
  series UInt64 CODEC(ZSTD(1)),
  exp Int8 CODEC(ZSTD(1)),
  ts SimpleAggregateFunction(groupArrayArray, Array(DateTime64(3, 'UTC'))) CODEC(DoubleDelta, ZSTD(1)),
  vi SimpleAggregateFunction(groupArrayArray, Array(Int64)) CODEC(Delta, T64('bit'), ZSTD(1)),
  retention SimpleAggregateFunction(max, UInt16) CODEC(ZSTD(1))
) ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY (toDate(t0), retention)
ORDER BY (tenant, metric, t0, target, series, exp)
TTL toDate(t0) + toIntervalDay(retention)
SETTINGS index_granularity = 8192, index_granularity_bytes = 1000000, ttl_only_drop_parts = 1, {{dedup 10000}};

-- One row per series and day on which it had samples.
CREATE TABLE IF NOT EXISTS series {{on_cluster}} (
  tenant UInt32 CODEC(ZSTD(1)),
  metric UInt64 CODEC(ZSTD(1)),
  target UInt32 CODEC(ZSTD(1)),
  series UInt64 CODEC(ZSTD(1)),
  day Date CODEC(ZSTD(1)),
  labels Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  seen DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  retention UInt16 CODEC(ZSTD(1)),
  kv Array(String) MATERIALIZED arrayMap((k, v) -> concat(k, '=', v), mapKeys(labels), mapValues(labels)) CODEC(ZSTD(1)),
  INDEX kv_text kv TYPE text(tokenizer = 'array')
) ENGINE = {{engine ReplacingMergeTree(seen)}}
PARTITION BY (day, retention)
ORDER BY (tenant, metric, target, series, day)
TTL day + toIntervalDay(retention)
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, {{dedup 10000}};

-- Type, unit and help of metric families, each different text once.
CREATE TABLE IF NOT EXISTS metadata {{on_cluster}} (
  tenant UInt32,
  name String,
  type LowCardinality(String),
  unit LowCardinality(String),
  help String,
  seen DateTime64(3, 'UTC')
) ENGINE = {{engine ReplacingMergeTree(seen)}}
ORDER BY (tenant, name, type, unit, help)
SETTINGS default_compression_codec = 'ZSTD(1)', {{dedup 10000}};

-- Exemplars; `labels` holds all labels as sent, trace_id and span_id among them.
CREATE TABLE IF NOT EXISTS exemplars {{on_cluster}} (
  tenant UInt32,
  metric UInt64,
  target UInt32,
  series UInt64,
  ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  v Float64,
  trace_id FixedString(16),
  span_id FixedString(8),
  labels Map(LowCardinality(String), String),
  retention UInt16,
  INDEX trace trace_id TYPE bloom_filter(0.01) GRANULARITY 4
) ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY (toDate(ts), retention)
ORDER BY (tenant, metric, target, series, ts, trace_id, span_id)
TTL toDate(ts) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 10000}};

-- Native histograms, one row per sample. flags: bits 0-1 reset hint (unknown, yes, no, gauge), bit 2 float counts.
-- Span arrays run in parallel (offset, length); pos and neg hold the buckets' absolute counts.
CREATE TABLE IF NOT EXISTS histograms {{on_cluster}} (
  tenant UInt32,
  metric UInt64,
  target UInt32,
  series UInt64,
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  flags UInt8,
  schema Int8,
  zero_threshold Float64,
  zero_count Float64 CODEC(Delta, ZSTD(1)),
  count Float64 CODEC(Delta, ZSTD(1)),
  sum Float64 CODEC(Delta, ZSTD(1)),
  pos_span_off Array(Int32),
  pos_span_len Array(UInt32),
  pos Array(Float64),
  neg_span_off Array(Int32),
  neg_span_len Array(UInt32),
  neg Array(Float64),
  bounds Array(Float64),
  retention UInt16
) ENGINE = {{engine MergeTree}}
PARTITION BY (toDate(ts), retention)
ORDER BY (tenant, metric, toStartOfHour(ts), target, series, ts)
TTL toDate(ts) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity = 1024, ttl_only_drop_parts = 1, {{dedup 10000}};
