-- Edges of the service map for whole minutes.
-- served: a SERVER or CONSUMER span (or a root span of unknown kind) and who called it: the topic that it consumes
--   from, the service of its parent span, or nobody known. It counts in its own minute.
-- called: a CLIENT or PRODUCER span that no SERVER span answers goes to what it names: a database, a topic, a peer.
-- A caller begins at most five minutes before what it calls, and, clocks being what they are, one minute after it.
-- Rows that were counted before and are no longer there come back with calls = 0.
INSERT INTO service_edges (tenant, t, client, client_type, server, server_type, protocol, calls, errors, duration_sum, duration_max, durations, made, retention)
WITH
  toDateTime64({from:UInt32}, 9, 'UTC') AS from_ts,
  toDateTime64({to:UInt32}, 9, 'UTC') AS to_ts,
  if(attrs['db.system.name'] != '', attrs['db.system.name'], attrs['db.system']) AS db_system,
  if(attrs['db.namespace'] != '', attrs['db.namespace'], attrs['db.name']) AS db_name,
  if(attrs['messaging.destination.name'] != '', attrs['messaging.destination.name'], attrs['messaging.destination']) AS topic,
  multiIf(attrs['service.peer.name'] != '', attrs['service.peer.name'], attrs['peer.service'] != '', attrs['peer.service'],
    attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name'] != '', attrs['net.peer.name'],
    domain(if(attrs['url.full'] != '', attrs['url.full'], attrs['http.url']))) AS peer,
  multiIf(db_system != '', db_system, attrs['messaging.system'] != '', attrs['messaging.system'],
    attrs['rpc.system'] != '', attrs['rpc.system'], attrs['http.request.method'] != '' OR attrs['http.method'] != '', 'http', '') AS spoken
SELECT tenant, minute, client, client_type, server, server_type, protocol, sum(c), sum(failed), sum(took), max(longest),
  mapSort(mapFromArrays(groupArrayIf(bucket, c > 0), groupArrayIf(c, c > 0))),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT tenant, minute, client, client_type, server, server_type, protocol,
    toUInt8(least(255, floor(4 * log2(greatest(span_took, 1))))) AS bucket,
    count() AS c, sum(span_failed) AS failed, sum(span_took) AS took, max(span_took) AS longest
  FROM (
    SELECT s.tenant AS tenant, s.minute AS minute,
      multiIf(s.kind = 5 AND s.own_topic != '', s.own_topic, s.kind = 5 AND p.kind = 4 AND p.own_topic != '', p.own_topic,
        s.kind = 5 AND l.own_topic != '', l.own_topic, '') AS topic_name,
      if(topic_name != '', topic_name, p.service) AS client,
      multiIf(topic_name != '', 'topic', p.service != '', 'service', 'entry') AS client_type,
      s.service AS server, 'service' AS server_type, s.protocol AS protocol, s.failed AS span_failed, s.took AS span_took
    FROM (
      SELECT tenant, toStartOfMinute(ts) AS minute, trace_id, parent_id, toString(service) AS service, kind, topic AS own_topic,
        spoken AS protocol, status = 2 AS failed, greatest(duration, 0) AS took,
        links.trace_id[1] AS link_trace, links.span_id[1] AS link_span
      FROM spans
      WHERE ts >= from_ts AND ts < to_ts AND (kind IN (2, 5) OR (kind IN (0, 1) AND parent_id = toFixedString('', 8)))
    ) AS s
    LEFT ANY JOIN (
      SELECT tenant, trace_id, span_id, toString(service) AS service, kind, topic AS own_topic
      FROM spans
      WHERE ts >= from_ts - toIntervalMinute(5) AND ts < to_ts + toIntervalMinute(1)
        AND (tenant, trace_id, span_id) IN (
          SELECT tenant, trace_id, parent_id FROM spans WHERE ts >= from_ts AND ts < to_ts AND kind IN (2, 5))
    ) AS p ON s.tenant = p.tenant AND s.trace_id = p.trace_id AND s.parent_id = p.span_id
    LEFT ANY JOIN (
      SELECT tenant, trace_id, span_id, topic AS own_topic
      FROM spans
      WHERE ts >= from_ts - toIntervalMinute(5) AND ts < to_ts + toIntervalMinute(1) AND kind = 4
        AND (tenant, trace_id, span_id) IN (
          SELECT tenant, links.trace_id[1], links.span_id[1] FROM spans
          WHERE ts >= from_ts AND ts < to_ts AND kind = 5 AND notEmpty(links.trace_id))
    ) AS l ON s.tenant = l.tenant AND s.link_trace = l.trace_id AND s.link_span = l.span_id
    WHERE client_type != 'service' OR client != server OR s.kind = 2
    UNION ALL
    SELECT tenant, toStartOfMinute(ts) AS minute, '' AS topic_name, toString(service) AS client, 'service' AS client_type,
      multiIf(db_system != '', if(db_name = '', db_system, concat(db_system, ':', db_name)), kind = 4, topic, peer) AS server,
      multiIf(db_system != '', 'database', kind = 4, 'topic', 'external') AS server_type,
      spoken AS protocol, status = 2 AS span_failed, greatest(duration, 0) AS span_took
    FROM spans
    WHERE ts >= from_ts AND ts < to_ts AND kind IN (3, 4) AND server != ''
      AND (tenant, trace_id, span_id) NOT IN (
        SELECT tenant, trace_id, parent_id FROM spans
        WHERE ts >= from_ts - toIntervalMinute(1) AND ts < to_ts + toIntervalMinute(5) AND kind = 2)
  )
  GROUP BY tenant, minute, client, client_type, server, server_type, protocol, bucket
  UNION ALL
  SELECT tenant, t, client, client_type, server, server_type, protocol, 0, 0, 0, 0, 0
  FROM service_edges FINAL
  WHERE t >= toDateTime({from:UInt32}, 'UTC') AND t < toDateTime({to:UInt32}, 'UTC') AND calls > 0
)
GROUP BY tenant, minute, client, client_type, server, server_type, protocol
