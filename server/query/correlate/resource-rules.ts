/** What one rule says of a metric of a service. */
export interface ResourceRule {
  /** For people, e.g. `Database connections`. */
  readonly title: string
  /** Metric of what is in use, and the labels that it must have. */
  readonly used: string
  readonly where?: Readonly<Record<string, string>>
  /** Metrics of the limit; the first that is there counts. */
  readonly limits: readonly string[]
}

/** Resources by the names that common libraries give them. */
export const resourceRules: readonly ResourceRule[] = [
  { title: 'Database connections', used: 'db_connections_active', limits: ['db_connections_max'] },
  {
    title: 'Database connections',
    used: 'db_client_connection_count',
    where: { db_client_connection_state: 'used' },
    limits: ['db_client_connection_max'],
  },
  {
    title: 'Database connections',
    used: 'db_client_connections_usage',
    where: { state: 'used' },
    limits: ['db_client_connections_max'],
  },
  { title: 'Database connections', used: 'hikaricp_connections_active', limits: ['hikaricp_connections_max'] },
  { title: 'Database connections', used: 'go_sql_in_use_connections', limits: ['go_sql_max_open_connections'] },
  { title: 'Connections of PostgreSQL', used: 'pg_stat_activity_count', limits: ['pg_settings_max_connections'] },
  {
    title: 'Connections of MySQL',
    used: 'mysql_global_status_threads_connected',
    limits: ['mysql_global_variables_max_connections'],
  },
  { title: 'Clients of Redis', used: 'redis_connected_clients', limits: ['redis_config_maxclients'] },
  { title: 'Memory of Redis', used: 'redis_memory_used_bytes', limits: ['redis_memory_max_bytes'] },
  { title: 'Open files', used: 'process_open_fds', limits: ['process_max_fds'] },
  { title: 'JVM memory', used: 'jvm_memory_used_bytes', limits: ['jvm_memory_limit_bytes', 'jvm_memory_max_bytes'] },
  { title: 'JavaScript heap', used: 'v8js_memory_heap_used_bytes', limits: ['v8js_memory_heap_limit_bytes'] },
  {
    title: 'Container memory',
    used: 'container_memory_working_set_bytes',
    limits: ['container_spec_memory_limit_bytes'],
  },
]

const usedEnding = /_(active|used|in_use|usage|busy|current)$/
const limitEndings = ['_max', '_limit', '_capacity']
const ratioEnding = /_(utilization|utilization_ratio|usage_ratio|saturation)$/
const waitingEnding = /_(waiting|pending|pending_requests|queue_depth)$/

/** RE2 pattern of every metric name that some rule may use; narrows the look-up in the store. */
export const resourceNamePattern = `(${[
  ...new Set(resourceRules.flatMap((rule) => [rule.used, ...rule.limits])),
  '.*_(active|used|in_use|usage|busy|current|max|limit|capacity)',
  '.*_(utilization|utilization_ratio|usage_ratio|saturation)',
  '.*_(waiting|pending|pending_requests|queue_depth)',
].join('|')})$`

/** How a metric is judged. */
export type Judgement =
  | {
      readonly kind: 'against_limit'
      readonly title: string
      readonly limits: readonly string[]
      readonly reason: string
    }
  | { readonly kind: 'ratio'; readonly title: string; readonly reason: string }
  | { readonly kind: 'waiting'; readonly title: string; readonly reason: string }

/** The judgement of a metric with these labels, or null where no rule knows it. */
export function judgementOf(metric: string, labels: Readonly<Record<string, string>>): Judgement | null {
  const rule = resourceRules.find((one) => one.used === metric)
  if (rule !== undefined) {
    const fits = Object.entries(rule.where ?? {}).every(([name, value]) => labels[name] === value)
    if (!fits) return null
    const reason = `${metric} is what is in use of ${rule.limits.join(' or ')}`
    return { kind: 'against_limit', title: rule.title, limits: rule.limits, reason }
  }
  const stem = metric.replace(usedEnding, '')
  if (stem !== metric) {
    const limits = limitEndings.map((ending) => stem + ending)
    const reason = `by its name ${metric} is what is in use of ${limits.join(' or ')}`
    return { kind: 'against_limit', title: titleOf(stem), limits, reason }
  }
  if (ratioEnding.test(metric))
    return { kind: 'ratio', title: titleOf(metric), reason: `by its name ${metric} is a share of 1` }
  if (waitingEnding.test(metric))
    return { kind: 'waiting', title: titleOf(metric), reason: `by its name ${metric} counts what waits for a resource` }
  return null
}

/** `db_connections_waiting` → `Database connections waiting`. */
function titleOf(metric: string): string {
  const words = metric.replaceAll('_', ' ').trim().replace(/^db /, 'database ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
