import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { EngineFolder } from './engine-folder.ts'

/** The users of the embedded engine's HTTP interface: `writer` may do everything, `reader` only reads tables. */
export const engineUsers = { writer: 'sightline', reader: 'sightline_reader' } as const

/** Bounds of the embedded engine as a whole. */
export interface EngineBounds {
  /**
   * Memory that the engine counts, bytes; the process takes up to 0.4 GiB more. Beyond it statements fail with
   * StoreUnavailable ("(total) memory limit exceeded"); merges use at most half.
   */
  readonly memoryBytes: number
  /** Share of it that all reads together may take (0–1): the rest is there for inserts, whatever people ask. */
  readonly readsRatio: number
  /** Threads one statement may use. */
  readonly threads: number
  /** Merges and mutations at the same time. */
  readonly mergeThreads: number
}

const mib = 1024 * 1024

/** For the smallest machine we promise to run on (2 cores, 4 GiB): all our processes stay below 3 GiB. */
export const defaultEngineBounds: EngineBounds = {
  memoryBytes: 1024 * mib,
  readsRatio: 0.6,
  threads: 2,
  mergeThreads: 2,
}

const xmlText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/**
 * The server's configuration. Caches are small because the page cache of the system serves repeated reads as well;
 * ClickHouse's defaults (5 GiB and more) assume a machine of its own.
 *
 * New parts are synced to the disk before an insert is answered, so that the journal may forget what it held; the
 * parts that a merge replaces stay for eight minutes, longer than the system keeps the merged one unwritten.
 *
 * Access: only requests whose Authorization header is exactly that of one of our users reach a handler, all others
 * get 404.
 * The user `default` without a password must exist for the script that opens the interface; over HTTP it cannot be
 * reached without one of those headers.
 */
function serverConfig(folder: EngineFolder, bounds: EngineBounds): string {
  return `<clickhouse>
  <logger>
    <level>error</level>
    <console>1</console>
    <levels>
      <logger><name>executeQuery</name><level>none</level></logger>
      <logger><name>DynamicQueryHandler</name><level>none</level></logger>
    </levels>
  </logger>
  <path>${xmlText(folder.data)}/</path>
  <users_config>${xmlText(folder.usersConfig)}</users_config>
  <listen_host>127.0.0.1</listen_host>
  <http_port>0</http_port>
  <http_handlers>
    ${handlerRule('SIGHTLINE_ENGINE_WRITER')}
    ${handlerRule('SIGHTLINE_ENGINE_READER')}
  </http_handlers>
  <keep_alive_timeout>30</keep_alive_timeout>
  <max_server_memory_usage>${bounds.memoryBytes}</max_server_memory_usage>
  <merges_mutations_memory_usage_soft_limit>${Math.floor(bounds.memoryBytes / 2)}</merges_mutations_memory_usage_soft_limit>
  <memory_worker_purge_total_memory_threshold_ratio>0.6</memory_worker_purge_total_memory_threshold_ratio>
  <mark_cache_size>${64 * mib}</mark_cache_size>
  <primary_index_cache_size>${64 * mib}</primary_index_cache_size>
  <index_mark_cache_size>${16 * mib}</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>${16 * mib}</index_uncompressed_cache_size>
  <text_index_tokens_cache_size>${16 * mib}</text_index_tokens_cache_size>
  <text_index_header_cache_size>${16 * mib}</text_index_header_cache_size>
  <text_index_postings_cache_size>${32 * mib}</text_index_postings_cache_size>
  <vector_similarity_index_cache_size>0</vector_similarity_index_cache_size>
  <compiled_expression_cache_size>${32 * mib}</compiled_expression_cache_size>
  <background_pool_size>${bounds.mergeThreads}</background_pool_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
`
}

function handlerRule(secret: string): string {
  return `<rule>
      <headers><authorization from_env="${secret}"/></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>`
}

function usersConfig(bounds: EngineBounds): string {
  const user = (name: string, profile: string, more: string) =>
    `<${name}>${more}<networks><ip>127.0.0.1</ip></networks><profile>${profile}</profile><quota>default</quota></${name}>`
  const password = '<password from_env="SIGHTLINE_ENGINE_PASSWORD"/>'
  // No sources such as file(): a read sees tables only.
  const grants = '<grants><query>GRANT SELECT, SHOW, dictGet, CREATE TEMPORARY TABLE ON *.*</query></grants>'
  return `<clickhouse>
  <profiles>
    <default>
      <max_threads>${bounds.threads}</max_threads>
      <log_queries>0</log_queries>
      <implicit_select>0</implicit_select>
      <allow_introspection_functions>0</allow_introspection_functions>
      <storage_file_read_method>pread</storage_file_read_method>
      <async_insert>0</async_insert>
      <http_max_field_value_size>${16 * mib}</http_max_field_value_size>
      <http_send_timeout>300</http_send_timeout>
      <http_receive_timeout>300</http_receive_timeout>
    </default>
    <reads>
      <profile>default</profile>
      <max_memory_usage_for_user>${Math.floor(bounds.memoryBytes * bounds.readsRatio)}</max_memory_usage_for_user>
    </reads>
  </profiles>
  <quotas><default/></quotas>
  <users>
    ${user('default', 'default', '<password></password>')}
    ${user(engineUsers.writer, 'default', password)}
    ${user(engineUsers.reader, 'reads', password + grants)}
  </users>
</clickhouse>
`
}

/** Writes the configuration files of the engine, anew before every start; they hold no secret. */
export function writeEngineConfig(folder: EngineFolder, bounds: EngineBounds): void {
  mkdirSync(folder.data, { recursive: true, mode: 0o700 })
  rmSync(folder.answers, { recursive: true, force: true })
  mkdirSync(folder.answers, { mode: 0o700 })
  writeFileSync(folder.serverConfig, serverConfig(folder, bounds))
  writeFileSync(folder.usersConfig, usersConfig(bounds))
}
