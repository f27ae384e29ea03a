-- Spans and requests of a service by minute and resource: what "what changed" and "as usual" are read from. Read as
-- service_edges; spans = 0 where a row is no longer there. first and last: when the spans began. durations: of requests,
-- bucket floor(16 * log2(ns)) -> requests, so that a duration is known within 2.2 %.
CREATE TABLE IF NOT EXISTS service_minutes {{on_cluster}} (
  tenant UInt32,
  t DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  service LowCardinality(String),
  resource_id UInt64,
  spans UInt64,
  first DateTime64(3, 'UTC'),
  last DateTime64(3, 'UTC'),
  requests UInt64,
  errors UInt64,
  durations Map(UInt16, UInt64),
  made DateTime64(3, 'UTC'),
  retention UInt16
) ENGINE = {{engine ReplacingMergeTree(made)}}
PARTITION BY (toYYYYMM(t), retention)
ORDER BY (tenant, t, service, resource_id)
TTL toDate(t) + toIntervalDay(retention)
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1, {{dedup 1000}};
