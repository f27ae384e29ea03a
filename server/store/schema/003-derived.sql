-- What is derived from the stored rows by periodic recounts: rollups, service edges, span metrics.

-- Five-minute rollups: one row per series and hour, arrays over the five-minute buckets that hold samples.
-- bucket is 0..11. Values follow the samples' rule (vi / 10^-exp, exp = 127: Float64 bits); staleness markers and
-- equal times are left out first. inc is the reset-aware increase inside the bucket; from bucket to bucket add
-- first[k + 1] - last[k], or first[k + 1] where it is smaller. A recount replaces the row (greatest `made`): read FINAL.
CREATE TABLE IF NOT EXISTS rollup_5m {{on_cluster}} (
  tenant UInt32,
  metric UInt64,
  t0 DateTime('UTC'),
  target UInt32,
  series UInt64,
  exp Int8,
  bucket Array(UInt8),
  n Array(UInt32) CODEC(Delta, ZSTD(1)),
  sum Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  min Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  max Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  first Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  last Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  inc Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  first_ts Array(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)),
  last_ts Array(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)),
  made DateTime64(3, 'UTC'),
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree(made)}}
PARTITION BY (toYYYYMM(t0), retention)
ORDER BY (tenant, metric, t0, target, series)
TTL toDate(t0) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity_bytes = 1000000, ttl_only_drop_parts = 1, {{dedup 1000}};

-- One-hour rollups: one row per series and day, arrays over the hours (bucket 0..23) that hold samples.
CREATE TABLE IF NOT EXISTS rollup_1h {{on_cluster}} (
  tenant UInt32,
  metric UInt64,
  t0 DateTime('UTC'),
  target UInt32,
  series UInt64,
  exp Int8,
  bucket Array(UInt8),
  n Array(UInt32) CODEC(Delta, ZSTD(1)),
  sum Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  min Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  max Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  first Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  last Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  inc Array(Int64) CODEC(Delta, T64('bit'), ZSTD(1)),
  first_ts Array(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)),
  last_ts Array(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)),
  made DateTime64(3, 'UTC'),
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree(made)}}
PARTITION BY (toYYYYMM(t0), retention)
ORDER BY (tenant, metric, t0, target, series)
TTL toDate(t0) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity_bytes = 1000000, ttl_only_drop_parts = 1, {{dedup 1000}};

-- Edges of the service map per minute. A recount replaces the row; an edge that is no longer there is replaced by one
-- with calls = 0: read FINAL and leave those out. client_type: entry (client = ''), service, topic.
-- server_type: service, topic, database, external, unknown. durations: bucket floor(4 * log2(ns)) -> calls.
CREATE TABLE IF NOT EXISTS service_edges {{on_cluster}} (
  tenant UInt32,
  t DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  client LowCardinality(String),
  client_type LowCardinality(String),
  server LowCardinality(String),
  server_type LowCardinality(String),
  protocol LowCardinality(String),
  calls UInt64,
  errors UInt64,
  duration_sum Int64,
  duration_max Int64,
  durations Map(UInt8, UInt64),
  made DateTime64(3, 'UTC'),
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree(made)}}
PARTITION BY (toYYYYMM(t), retention)
ORDER BY (tenant, t, client, client_type, server, server_type, protocol)
TTL toDate(t) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 1000}};

-- Rate, errors and duration of spans per minute. Read as service_edges.
CREATE TABLE IF NOT EXISTS span_metrics {{on_cluster}} (
  tenant UInt32,
  t DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  service LowCardinality(String),
  name LowCardinality(String),
  kind UInt8,
  status UInt8,
  calls UInt64,
  duration_sum Int64,
  duration_max Int64,
  durations Map(UInt8, UInt64),
  made DateTime64(3, 'UTC'),
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree(made)}}
PARTITION BY (toYYYYMM(t), retention)
ORDER BY (tenant, t, service, name, kind, status)
TTL toDate(t) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 1000}};

-- Up to when (arrival time) each job has counted.
CREATE TABLE IF NOT EXISTS derive_progress {{on_cluster}} (
  job String,
  upto DateTime64(3, 'UTC'),
  made DateTime64(3, 'UTC')
) ENGINE = {{engine ReplacingMergeTree(made)}}
ORDER BY job
SETTINGS index_granularity = 1024;

-- Periods that must be counted again because data arrived after the last count. Written by the encoders together with
-- the late rows themselves. metric is 0 for spans. done = 1 once the recount is stored.
CREATE TABLE IF NOT EXISTS late_marks {{on_cluster}} (
  tenant UInt32,
  signal LowCardinality(String),
  metric UInt64,
  t DateTime('UTC'),
  arrived DateTime64(3, 'UTC'),
  done UInt8
) ENGINE = {{engine ReplacingMergeTree(done)}}
PARTITION BY toYYYYMMDD(arrived)
ORDER BY (signal, tenant, t, metric, arrived)
TTL toDate(arrived) + toIntervalDay(30)
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, {{dedup 10000}};
