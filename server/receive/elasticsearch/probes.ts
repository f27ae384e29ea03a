import type { IncomingHttpHeaders } from 'node:http'

/** Versions that are reported, by the major version that a client asks for. */
const versions: Readonly<Record<number, string>> = { 7: '7.17.29', 8: '8.19.0', 9: '9.1.0' }
const usualVersion = 8

/** Major version in `application/vnd.elasticsearch+json; compatible-with=9`. */
const compatiblePattern = /compatible-with=(\d+)/
/** Major version of Elastic's own clients in `User-Agent`: `Elastic-filebeat/9.0.1 (…)`, `elasticsearch-py/9.1.0`, `logstash/8.1`. */
const clientPattern = /(?:elastic|logstash)[\w-]*\/(\d+)\./i

/**
 * Version that a client finds itself compatible with. Beats refuse an Elasticsearch older than themselves, clients of
 * version 7 one that is far newer; none needs anything here that differs between versions.
 */
function versionFor(headers: IncomingHttpHeaders): string {
  const asked =
    compatiblePattern.exec(headers.accept ?? '') ??
    compatiblePattern.exec(headers['content-type'] ?? '') ??
    clientPattern.exec(headers['user-agent'] ?? '')
  return versions[Number(asked?.[1])] ?? versions[usualVersion]
}

/** One path that senders ask before they send, below `/` and `/elasticsearch`. */
export interface Probe {
  readonly path: string
  readonly methods: readonly ('GET' | 'PUT')[]
  answer(headers: IncomingHttpHeaders): object
}

const license = {
  status: 'active',
  uid: '00000000-0000-0000-0000-000000000000',
  type: 'basic',
  issue_date: '2020-01-01T00:00:00.000Z',
  issue_date_in_millis: 1_577_836_800_000,
  max_nodes: null,
  issued_to: 'sightline',
  issuer: 'sightline',
  start_date_in_millis: -1,
}

const health = {
  cluster_name: 'sightline',
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  delayed_unassigned_shards: 0,
  number_of_pending_tasks: 0,
  number_of_in_flight_fetch: 0,
  task_max_waiting_in_queue_millis: 0,
  active_shards_percent_as_number: 100,
}

export function describeCluster(headers: IncomingHttpHeaders): object {
  const number = versionFor(headers)
  return {
    name: 'sightline',
    cluster_name: 'sightline',
    cluster_uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
    version: {
      number,
      build_flavor: 'default',
      build_type: 'docker',
      build_hash: '0000000000000000000000000000000000000000',
      build_date: '2025-01-01T00:00:00.000000000Z',
      build_snapshot: false,
      lucene_version: '9.12.0',
      minimum_wire_compatibility_version: '7.17.0',
      minimum_index_compatibility_version: '7.0.0',
    },
    tagline: 'You Know, for Search',
  }
}

const get = (path: string, answer: Probe['answer']): Probe => ({ path, methods: ['GET'], answer })

/**
 * What stands for things that Sightline does not need (templates, policies, pipelines): asked for, it is there, so that
 * nobody sets it up; sent, it is acknowledged and has no effect.
 */
const accepted = (path: string): Probe => ({ path, methods: ['GET', 'PUT'], answer: () => ({ acknowledged: true }) })

/**
 * Source: Beats (libbeat/esleg/eslegclient, libbeat/licenser, libbeat/template, libbeat/idxmgmt), Logstash (logstash-output-elasticsearch),
 * Vector (sinks/elasticsearch), Fluent Bit (out_es).
 */
export const probes: readonly Probe[] = [
  get('/_license', () => ({ license })),
  get('/_xpack', () => ({
    build: { hash: '0', date: '2025-01-01T00:00:00.000000000Z' },
    license: { uid: license.uid, type: license.type, mode: license.type, status: license.status },
    features: { ilm: { available: true, enabled: true }, security: { available: true, enabled: false } },
    tagline: 'You know, for X',
  })),
  get('/_cluster/health', () => health),
  get('/_cluster/health/*', () => health),
  get('/_cluster/state/version', () => ({
    cluster_name: 'sightline',
    cluster_uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
    version: 1,
  })),
  // Who discovers nodes finds the address it has, as none is listed.
  get('/_nodes/http', () => ({ _nodes: { total: 0, successful: 0, failed: 0 }, cluster_name: 'sightline', nodes: {} })),
  get('/_nodes/_all/http', () => ({
    _nodes: { total: 0, successful: 0, failed: 0 },
    cluster_name: 'sightline',
    nodes: {},
  })),
  get('/_ilm/status', () => ({ operation_mode: 'RUNNING' })),
  ...[
    '/_ilm/policy/*',
    '/_index_template/*',
    '/_component_template/*',
    '/_template/*',
    '/_data_stream/*',
    '/_alias/*',
  ].map(accepted),
  accepted('/_ingest/pipeline/*'),
]
