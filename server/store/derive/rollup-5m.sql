-- One slice of an hour's samples becomes rows of rollup_5m. Hot, moving and compacted samples are read in the order in
-- which they move, so that none is missed; equal times are then dropped (the greatest value stays).
-- `whole`: the series' values share a decimal exponent and are small enough for exact sums; else Float64 bits.
INSERT INTO rollup_5m (tenant, metric, t0, target, series, exp, bucket, n, sum, min, max, first, last, inc, first_ts, last_ts, made, retention)
WITH toDateTime({t0:UInt32}, 'UTC') AS hour
SELECT tenant, metric, hour, target, one, if(whole, least_exp, 127),
  arrayMap(i -> slots[i], starts), arrayMap(x -> toUInt32(x), lengths),
  arrayMap(x -> if(whole, toInt64(round(x)), reinterpretAsInt64(x)), arrayReduceInRanges('sum', ranges, points)),
  arrayMap(x -> if(whole, toInt64(round(x)), reinterpretAsInt64(x)), arrayReduceInRanges('min', ranges, points)),
  arrayMap(x -> if(whole, toInt64(round(x)), reinterpretAsInt64(x)), arrayReduceInRanges('max', ranges, points)),
  arrayMap(i -> if(whole, toInt64(round(points[i])), reinterpretAsInt64(points[i])), starts),
  arrayMap(i -> if(whole, toInt64(round(points[i])), reinterpretAsInt64(points[i])), ends),
  arrayMap(x -> if(whole, toInt64(round(x)), reinterpretAsInt64(x)), arrayReduceInRanges('sum', ranges, gains)),
  arrayMap(i -> times[i], starts), arrayMap(i -> times[i], ends),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT *,
    arrayFilter((i, slot, before) -> slot != before, arrayEnumerate(slots), slots, slots_before) AS starts,
    arrayMap((a, b) -> b - a, starts, arrayPushBack(arrayPopFront(starts), length(slots) + 1)) AS lengths,
    arrayMap((a, n) -> a + n - 1, starts, lengths) AS ends,
    arrayMap((a, n) -> (toInt64(a), toUInt64(n)), starts, lengths) AS ranges,
    arrayMap((x, x_before, slot, slot_before) -> if(slot != slot_before, 0., if(x >= x_before, x - x_before, x)),
      points, arrayPushFront(arrayPopBack(points), 0.), slots, slots_before) AS gains
  FROM (
    SELECT tenant, metric, target, one, whole, least_exp,
      arrayMap(p -> p.1, kept) AS times, arrayMap(p -> p.2, kept) AS points,
      arrayMap(x -> toUInt8(intDiv(toUnixTimestamp64Milli(x) - toInt64({t0:UInt32}) * 1000, 300000)), times) AS slots,
      arrayPushFront(arrayPopBack(slots), 255) AS slots_before
    FROM (
      SELECT tenant, metric, target, one, least_exp, greatest_exp <= 0 AND largest < 900000000000 AS whole,
        arraySort(arrayMap(p -> (p.1, multiIf(
          whole, p.3 * exp10(p.2 - least_exp),
          p.2 = 127, reinterpretAsFloat64(p.3),
          p.2 < 0, p.3 / exp10(-p.2),
          toFloat64(p.3))), raw)) AS sorted,
        arrayFilter((p, next) -> p.1 != next, sorted,
          arrayPushBack(arrayMap(p -> p.1, arrayPopFront(sorted)), toDateTime64('2200-01-01', 3, 'UTC'))) AS kept
      FROM (
        SELECT tenant, metric, target, one, min(e) AS least_exp, max(e) AS greatest_exp,
          max(arrayMax(x -> abs(toFloat64(x.2)), some)) AS largest,
          groupArrayArray(arrayMap(x -> (x.1, e, x.2), some)) AS raw
        FROM (
          SELECT tenant, metric, target, one, e,
            -- The staleness marker is a mark, not a value.
            arrayFilter(x -> NOT (e = 127 AND x.2 = 9218868437227405314), all) AS some
          FROM (
            SELECT tenant, metric, target, one, e, [(ts, v)] AS all
            FROM samples_hot ARRAY JOIN series AS one, exp AS e, vi AS v
            WHERE metric BETWEEN {from_metric:UInt64} AND {to_metric:UInt64} AND target BETWEEN {from_target:UInt32} AND {to_target:UInt32}
              AND toStartOfHour(ts) = hour AND (empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))
            UNION ALL
            SELECT tenant, metric, target, one, e, [(ts, v)] AS all
            FROM samples_compacting ARRAY JOIN series AS one, exp AS e, vi AS v
            WHERE metric BETWEEN {from_metric:UInt64} AND {to_metric:UInt64} AND target BETWEEN {from_target:UInt32} AND {to_target:UInt32}
              AND toStartOfHour(ts) = hour AND (empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))
            UNION ALL
            SELECT tenant, metric, target, series AS one, exp AS e, arrayZip(ts, vi) AS all
            FROM samples
            WHERE metric BETWEEN {from_metric:UInt64} AND {to_metric:UInt64} AND target BETWEEN {from_target:UInt32} AND {to_target:UInt32}
              AND t0 = hour AND (empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))
          )
        )
        WHERE notEmpty(some)
        GROUP BY tenant, metric, target, one
      )
    )
  )
)
