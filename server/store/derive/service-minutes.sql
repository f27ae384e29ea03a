-- Spans of whole minutes, counted by service and resource, and of them the requests that were served. Rows that were
-- counted before and are no longer there come back with spans = 0, so that the newer row replaces them.
INSERT INTO service_minutes (tenant, t, service, resource_id, spans, first, last, requests, errors, durations, made, retention)
SELECT tenant, minute, service, resource_id, sum(c), minIf(a, c > 0), max(z), sum(q) AS all_requests, sum(bad),
  mapSort(mapFromArrays(groupArrayIf(bucket, q > 0), groupArrayIf(q, q > 0))),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT tenant, toStartOfMinute(ts) AS minute, service, resource_id,
    (kind IN (2, 5) OR (kind IN (0, 1) AND parent_id = toFixedString('', 8))) AS is_request,
    if(is_request, toUInt16(floor(16 * log2(greatest(duration, 1)))), 0) AS bucket,
    count() AS c, toDateTime64(min(ts), 3, 'UTC') AS a, toDateTime64(max(ts), 3, 'UTC') AS z,
    if(is_request, c, 0) AS q, if(is_request, countIf(status = 2), 0) AS bad
  FROM spans
  WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') AND ts < toDateTime64({to:UInt32}, 9, 'UTC') AND service != ''
  GROUP BY tenant, minute, service, resource_id, is_request, bucket
  UNION ALL
  SELECT tenant, t, service, resource_id, 0, 0, 0, toDateTime64(0, 3, 'UTC'), toDateTime64(0, 3, 'UTC'), 0, 0
  FROM service_minutes FINAL
  WHERE t >= toDateTime({from:UInt32}, 'UTC') AND t < toDateTime({to:UInt32}, 'UTC') AND spans > 0
)
GROUP BY tenant, minute, service, resource_id
