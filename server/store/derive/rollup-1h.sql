-- One slice of a day of rollup_5m becomes rows of rollup_1h. Between the five-minute buckets of an hour the increase
-- from last to first is added, reset-aware; between hours the reader does it.
INSERT INTO rollup_1h (tenant, metric, t0, target, series, exp, bucket, n, sum, min, max, first, last, inc, first_ts, last_ts, made, retention)
WITH toDateTime({t0:UInt32}, 'UTC') AS day
SELECT tenant, metric, day, target, series, if(whole, least_exp, 127),
  arrayMap(h -> h.1, hours), arrayMap(h -> h.2, hours),
  arrayMap(h -> if(whole, toInt64(round(h.3)), reinterpretAsInt64(h.3)), hours),
  arrayMap(h -> if(whole, toInt64(round(h.4)), reinterpretAsInt64(h.4)), hours),
  arrayMap(h -> if(whole, toInt64(round(h.5)), reinterpretAsInt64(h.5)), hours),
  arrayMap(h -> if(whole, toInt64(round(h.6)), reinterpretAsInt64(h.6)), hours),
  arrayMap(h -> if(whole, toInt64(round(h.7)), reinterpretAsInt64(h.7)), hours),
  arrayMap(h -> if(whole, toInt64(round(h.8)), reinterpretAsInt64(h.8)), hours),
  arrayMap(h -> h.9, hours), arrayMap(h -> h.10, hours),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT tenant, metric, target, series, whole, least_exp,
    arraySort(h -> h.1, groupArray((hour_bucket, calls,
      arraySum(sums), arrayMin(mins), arrayMax(maxs), firsts[1], lasts[-1],
      arraySum(incs) + arraySum((a, b) -> if(a >= b, a - b, a), arrayPopFront(firsts), arrayPopBack(lasts)),
      first_time, last_time))) AS hours
  FROM (
    WITH x -> multiIf(whole, x * exp10(exp - least_exp), exp = 127, reinterpretAsFloat64(x), exp < 0, x / exp10(-exp), toFloat64(x)) AS value
    SELECT tenant, metric, target, series, least_exp, whole, toUInt8(toHour(t0)) AS hour_bucket,
      toUInt32(arraySum(n)) AS calls, first_ts[1] AS first_time, last_ts[-1] AS last_time,
      arrayMap(value, sum) AS sums, arrayMap(value, min) AS mins, arrayMap(value, max) AS maxs,
      arrayMap(value, first) AS firsts, arrayMap(value, last) AS lasts, arrayMap(value, inc) AS incs
    FROM (
      SELECT *, min(exp) OVER same AS least_exp,
        max(exp) OVER same <= 0 AND max(arrayMax(x -> abs(toFloat64(x)), arrayConcat(sum, inc))) OVER same < 100000000000000 AS whole
      FROM rollup_5m FINAL
      WHERE t0 >= day AND t0 < day + toIntervalDay(1)
        AND metric BETWEEN {from_metric:UInt64} AND {to_metric:UInt64} AND target BETWEEN {from_target:UInt32} AND {to_target:UInt32}
        AND (empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))
      WINDOW same AS (PARTITION BY tenant, metric, target, series)
    )
  )
  GROUP BY tenant, metric, target, series, whole, least_exp
)
