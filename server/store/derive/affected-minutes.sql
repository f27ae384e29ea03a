-- Minutes whose edges may have changed because of spans that came late in the given minutes: their own, those of
-- their callers, those of what they called.
SELECT DISTINCT toUnixTimestamp(minute) AS at FROM (
  SELECT arrayJoin({minutes:Array(UInt32)}) AS seconds, toDateTime(seconds, 'UTC') AS minute
  UNION ALL
  SELECT 0 AS seconds, toStartOfMinute(ts) AS minute FROM spans
  WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') - toIntervalMinute(6) AND ts < toDateTime64({to:UInt32}, 9, 'UTC') + toIntervalMinute(2)
    AND cityHash64(tenant, trace_id, span_id) IN (
      SELECT cityHash64(tenant, trace_id, parent_id) FROM spans
      WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') AND ts < toDateTime64({to:UInt32}, 9, 'UTC')
        AND has({minutes:Array(UInt32)}, toUnixTimestamp(toStartOfMinute(ts))) AND parent_id != toFixedString('', 8))
  UNION ALL
  SELECT 0 AS seconds, toStartOfMinute(ts) AS minute FROM spans
  WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') - toIntervalMinute(2) AND ts < toDateTime64({to:UInt32}, 9, 'UTC') + toIntervalMinute(6)
    AND cityHash64(tenant, trace_id, parent_id) IN (
      SELECT cityHash64(tenant, trace_id, span_id) FROM spans
      WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') AND ts < toDateTime64({to:UInt32}, 9, 'UTC')
        AND has({minutes:Array(UInt32)}, toUnixTimestamp(toStartOfMinute(ts))))
)
ORDER BY at
