-- Spans of whole minutes, counted by service, name, kind and status. Rows that were counted before and are no longer
-- there come back with calls = 0, so that the newer row replaces them.
INSERT INTO span_metrics (tenant, t, service, name, kind, status, calls, duration_sum, duration_max, durations, made, retention)
SELECT tenant, minute, service, name, kind, status, sum(c) AS all_calls, sum(took), max(longest),
  mapSort(mapFromArrays(groupArrayIf(bucket, c > 0), groupArrayIf(c, c > 0))),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT tenant, toStartOfMinute(ts) AS minute, service, name, kind, status,
    toUInt8(least(255, floor(4 * log2(greatest(duration, 1))))) AS bucket,
    count() AS c, sum(greatest(duration, 0)) AS took, max(greatest(duration, 0)) AS longest
  FROM spans
  WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') AND ts < toDateTime64({to:UInt32}, 9, 'UTC')
  GROUP BY tenant, minute, service, name, kind, status, bucket
  UNION ALL
  SELECT tenant, t, service, name, kind, status, 0, 0, 0, 0
  FROM span_metrics FINAL
  WHERE t >= toDateTime({from:UInt32}, 'UTC') AND t < toDateTime({to:UInt32}, 'UTC') AND calls > 0
)
GROUP BY tenant, minute, service, name, kind, status
