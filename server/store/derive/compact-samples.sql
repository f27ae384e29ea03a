-- One slice of a closed ten minutes of wide rows becomes pieces of (series, hour, exponent).
INSERT INTO samples (tenant, metric, t0, target, series, exp, ts, vi, retention)
SELECT tenant, metric, toStartOfHour(ts) AS hour, target, one, e, groupArray(ts), groupArray(v), retention
FROM samples_compacting ARRAY JOIN series AS one, exp AS e, vi AS v
WHERE slot = toDateTime({slot:UInt32}, 'UTC')
  AND metric BETWEEN {from_metric:UInt64} AND {to_metric:UInt64}
  AND target BETWEEN {from_target:UInt32} AND {to_target:UInt32}
GROUP BY tenant, metric, hour, target, one, e, retention
