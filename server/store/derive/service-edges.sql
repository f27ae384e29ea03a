-- Edges of the service map for whole minutes.
-- served: a SERVER or CONSUMER span (or a root span of unknown kind) and who called it: the topic that it consumes
--   from, the service of its parent span, or nobody known. It counts in its own minute.
-- called: a CLIENT or PRODUCER span that no SERVER span answers goes to what it names: a database, a topic, a peer.
-- A caller begins at most `reach` minutes before what it calls, and, clocks being what they are, one minute after it.
-- Rows that were counted before and are no longer there come back with calls = 0.
-- Spans are matched by a 64-bit hash of tenant, trace and span: a fifth of the cost of matching the ids themselves.
-- Attributes are looked up only for the rows that need them: each look-up costs 25 ns.
INSERT INTO service_edges (tenant, t, client, client_type, server, server_type, protocol, calls, errors, duration_sum, duration_max, durations, made, retention)
WITH
  toDateTime64({from:UInt32}, 9, 'UTC') AS from_ts,
  toDateTime64({to:UInt32}, 9, 'UTC') AS to_ts,
  cityHash64(tenant, trace_id, span_id) AS own_key,
  cityHash64(tenant, trace_id, parent_id) AS parent_key,
  if(attrs['messaging.destination.name'] != '', attrs['messaging.destination.name'], attrs['messaging.destination']) AS topic
SELECT tenant, minute, client, client_type, server, server_type, protocol, sum(c), sum(failed), sum(took), max(longest),
  mapSort(mapFromArrays(groupArrayIf(bucket, c > 0), groupArrayIf(c, c > 0))),
  fromUnixTimestamp64Milli({made:Int64}, 'UTC'), {retention:UInt16}
FROM (
  SELECT tenant, minute, client, client_type, server, server_type, protocol,
    toUInt8(least(255, floor(4 * log2(greatest(span_took, 1))))) AS bucket,
    count() AS c, sum(span_failed) AS failed, sum(span_took) AS took, max(span_took) AS longest
  FROM (
    -- Served calls.
    SELECT s.tenant AS tenant, s.minute AS minute, p.service AS client, if(p.service != '', 'service', 'entry') AS client_type,
      s.service AS server, 'service' AS server_type, s.protocol AS protocol, s.failed AS span_failed, s.took AS span_took
    FROM (
      SELECT tenant, toStartOfMinute(ts) AS minute, parent_key AS key, toString(service) AS service, kind,
        multiIf(attrs['rpc.system'] != '', attrs['rpc.system'],
          attrs['http.request.method'] != '' OR attrs['http.method'] != '', 'http', '') AS protocol,
        status = 2 AS failed, greatest(duration, 0) AS took
      FROM spans
      WHERE ts >= from_ts AND ts < to_ts AND (kind = 2 OR (kind IN (0, 1) AND parent_id = toFixedString('', 8)))
    ) AS s
    LEFT ANY JOIN (
      SELECT own_key AS key, toString(service) AS service FROM spans
      WHERE ts >= from_ts - toIntervalMinute({reach:UInt8}) AND ts < to_ts + toIntervalMinute(1)
        AND own_key IN (SELECT parent_key FROM spans WHERE ts >= from_ts AND ts < to_ts AND kind = 2)
    ) AS p ON s.key = p.key
    UNION ALL
    -- Consumed messages: the consumer names the topic, or its parent or first link is the producer, which does.
    SELECT s.tenant, s.minute,
      multiIf(s.own_topic != '', s.own_topic, p.topic_name != '', p.topic_name, l.topic_name != '', l.topic_name, p.service) AS client,
      multiIf(s.own_topic != '' OR p.topic_name != '' OR l.topic_name != '', 'topic', p.service != '', 'service', 'entry') AS client_type,
      s.service, 'service', s.protocol, s.failed, s.took
    FROM (
      SELECT tenant, toStartOfMinute(ts) AS minute, parent_key AS key, toString(service) AS service, topic AS own_topic,
        attrs['messaging.system'] AS protocol, status = 2 AS failed, greatest(duration, 0) AS took,
        cityHash64(tenant, links.trace_id[1], links.span_id[1]) AS link_key
      FROM spans
      WHERE ts >= from_ts AND ts < to_ts AND kind = 5
    ) AS s
    LEFT ANY JOIN (
      SELECT own_key AS key, toString(service) AS service, if(kind = 4, topic, '') AS topic_name FROM spans
      WHERE ts >= from_ts - toIntervalMinute({reach:UInt8}) AND ts < to_ts + toIntervalMinute(1)
        AND own_key IN (SELECT parent_key FROM spans WHERE ts >= from_ts AND ts < to_ts AND kind = 5)
    ) AS p ON s.key = p.key
    LEFT ANY JOIN (
      SELECT own_key AS key, topic AS topic_name FROM spans
      WHERE ts >= from_ts - toIntervalMinute({reach:UInt8}) AND ts < to_ts + toIntervalMinute(1) AND kind = 4
        AND own_key IN (
          SELECT cityHash64(tenant, links.trace_id[1], links.span_id[1]) FROM spans
          WHERE ts >= from_ts AND ts < to_ts AND kind = 5 AND notEmpty(links.trace_id))
    ) AS l ON s.link_key = l.key
    UNION ALL
    -- Calls that nobody answered.
    SELECT tenant, minute, service, 'service',
      multiIf(db_system != '', if(db_name = '', db_system, concat(db_system, ':', db_name)), kind = 4, topic_name, peer) AS server,
      multiIf(db_system != '', 'database', kind = 4, 'topic', 'external') AS server_type,
      multiIf(db_system != '', db_system, messaging != '', messaging, rpc != '', rpc, method != '', 'http', ''), failed, took
    FROM (
      SELECT tenant, toStartOfMinute(ts) AS minute, toString(service) AS service, kind, status = 2 AS failed, greatest(duration, 0) AS took,
        if(attrs['db.system.name'] != '', attrs['db.system.name'], attrs['db.system']) AS db_system,
        if(attrs['db.namespace'] != '', attrs['db.namespace'], attrs['db.name']) AS db_name,
        if(kind = 4, topic, '') AS topic_name,
        attrs['messaging.system'] AS messaging, attrs['rpc.system'] AS rpc,
        concat(attrs['http.request.method'], attrs['http.method']) AS method,
        multiIf(attrs['service.peer.name'] != '', attrs['service.peer.name'], attrs['peer.service'] != '', attrs['peer.service'],
          attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name'] != '', attrs['net.peer.name'],
          domain(if(attrs['url.full'] != '', attrs['url.full'], attrs['http.url']))) AS peer
      FROM spans
      WHERE ts >= from_ts AND ts < to_ts AND kind IN (3, 4)
        AND own_key NOT IN (
          SELECT parent_key FROM spans
          WHERE ts >= from_ts - toIntervalMinute(1) AND ts < to_ts + toIntervalMinute({reach:UInt8}) AND kind = 2
            -- Only answers to these calls: else the set would hold the servers of many minutes.
            AND parent_key IN (SELECT own_key FROM spans WHERE ts >= from_ts AND ts < to_ts AND kind IN (3, 4)))
    )
    WHERE server != ''
  )
  WHERE client_type != 'service' OR client != server OR server_type != 'service'
  GROUP BY tenant, minute, client, client_type, server, server_type, protocol, bucket
  UNION ALL
  SELECT tenant, t, client, client_type, server, server_type, protocol, 0, 0, 0, 0, 0
  FROM service_edges FINAL
  WHERE t >= toDateTime({from:UInt32}, 'UTC') AND t < toDateTime({to:UInt32}, 'UTC') AND calls > 0
)
GROUP BY tenant, minute, client, client_type, server, server_type, protocol
