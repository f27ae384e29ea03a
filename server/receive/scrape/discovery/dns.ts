import { Resolver } from 'node:dns/promises'
import { z } from 'zod'
import { count, list, period, section, text } from '../config/config-values.ts'
import { repeat } from '../repeat.ts'
import type { DiscoveryMechanism, TargetGroup } from './mechanism.ts'

const types = ['A', 'AAAA', 'SRV', 'MX', 'NS'] as const

const schema = section({
  names: list(text),
  type: z.preprocess((raw) => (typeof raw === 'string' ? raw.toUpperCase() : raw), z.enum(types)).default('SRV'),
  port: count.optional(),
  refresh_interval: period.default(30_000),
  /** Ours, not Prometheus': name servers as address:port instead of the system's. */
  servers: list(text),
})
  .refine(({ names }) => names.length > 0, 'expected at least one name in names')
  .refine(({ type, port }) => type === 'SRV' || port !== undefined, {
    path: ['port'],
    message: 'a port is needed for every type but SRV',
  })

type DnsConfig = z.output<typeof schema>
type Target = TargetGroup['targets'][number]

/** Targets out of DNS records. Names must be full: the system's search domains are not tried. */
export const dnsDiscovery: DiscoveryMechanism<DnsConfig> = {
  key: 'dns_sd_configs',
  schema,
  create(config, { clock, logger }) {
    const resolver = new Resolver()
    if (config.servers.length > 0) resolver.setServers(config.servers)
    let round: { stop(): Promise<void> } | null = null
    return {
      start(update) {
        const known = new Map<string, readonly Target[]>()
        round = repeat(clock, config.refresh_interval, async () => {
          await Promise.all(
            config.names.map(async (name) => {
              try {
                known.set(name, await lookUp(resolver, config, name))
              } catch (error) {
                logger.warn({ name, type: config.type, reason: (error as Error).message }, 'name cannot be looked up')
              }
            }),
          )
          update([...known].map(([name, targets]) => ({ targets, labels: { __meta_dns_name: name } })))
        })
      },
      async stop() {
        resolver.cancel()
        await round?.stop()
      },
    }
  },
}

/** A name that does not exist has no targets; any other failure throws. */
async function lookUp(resolver: Resolver, config: DnsConfig, name: string): Promise<Target[]> {
  try {
    return await ask(resolver, config, name)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENODATA' || code === 'ENOTFOUND') return []
    throw error
  }
}

/** Source: Prometheus discovery/dns, which labels of a record become which meta labels. */
async function ask(resolver: Resolver, { type, port }: DnsConfig, name: string): Promise<Target[]> {
  switch (type) {
    case 'A':
      return (await resolver.resolve4(name)).map((ip) => ({ __address__: `${ip}:${port}` }))
    case 'AAAA':
      return (await resolver.resolve6(name)).map((ip) => ({ __address__: `[${ip}]:${port}` }))
    case 'SRV':
      return (await resolver.resolveSrv(name)).map((record) => ({
        __address__: `${withoutDot(record.name)}:${record.port}`,
        __meta_dns_srv_record_target: withDot(record.name),
        __meta_dns_srv_record_port: String(record.port),
      }))
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ exchange }) => ({
        __address__: `${withoutDot(exchange)}:${port}`,
        __meta_dns_mx_record_target: withDot(exchange),
      }))
    case 'NS':
      return (await resolver.resolveNs(name)).map((server) => ({
        __address__: `${withoutDot(server)}:${port}`,
        __meta_dns_ns_record_target: withDot(server),
      }))
  }
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, '')
}

function withDot(name: string): string {
  return `${withoutDot(name)}.`
}
