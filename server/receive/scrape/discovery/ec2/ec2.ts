import { env } from 'node:process'
import { refreshing } from '../../refreshing.ts'
import type { Discovery, DiscoveryContext, DiscoveryMechanism, TargetGroup } from '../mechanism.ts'
import { AwsSession, type Variables } from './aws-session.ts'
import { type Ec2Config, ec2Schema } from './config.ts'
import { targetsOf } from './instances.ts'
import { itemsOf, textAt } from './xml.ts'

/** Instances asked for per page. */
const pageSize = 1000

/** Most pages of one answer; beyond, it is refused. */
const maxPages = 1000

/** Targets out of the instances of EC2, asked for again and again. */
export const ec2Discovery: DiscoveryMechanism<Ec2Config> = {
  key: 'ec2_sd_configs',
  schema: ec2Schema,
  create: (config, context) => createEc2Discovery(config, context, env),
}

/** `variables`: of the environment. */
export function createEc2Discovery(config: Ec2Config, context: DiscoveryContext, variables: Variables): Discovery {
  const session = new AwsSession(config, context, variables)
  let zoneIds: ReadonlyMap<string, string> | null = null
  const ask = async (signal: AbortSignal): Promise<TargetGroup[]> => {
    try {
      zoneIds ??= await askForZones(session, signal)
      return [{ targets: await askForTargets(session, { config, zoneIds, signal }), labels: {} }]
    } catch (error) {
      if (/AuthFailure|UnauthorizedOperation|ExpiredToken/.test((error as Error).message)) session.forgetCredentials()
      throw error
    }
  }
  const source = `EC2 ${config.endpoint || config.region}`.trim()
  return refreshing({ everyMs: config.refresh_interval, source, ask, close: () => session.close() }, context)
}

async function askForZones(session: AwsSession, signal: AbortSignal): Promise<Map<string, string>> {
  const answer = await session.ec2({ Action: 'DescribeAvailabilityZones' }, signal)
  const zones = itemsOf(answer, 'availabilityZoneInfo')
  return new Map(zones.map((zone) => [textAt(zone, 'zoneName') ?? '', textAt(zone, 'zoneId') ?? '']))
}

interface Asking {
  readonly config: Ec2Config
  readonly zoneIds: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

async function askForTargets(
  session: AwsSession,
  { config, zoneIds, signal }: Asking,
): Promise<Record<string, string>[]> {
  const filters = Object.fromEntries(
    config.filters.flatMap(({ name, values }, i) => [
      [`Filter.${i + 1}.Name`, name],
      ...values.map((value, k) => [`Filter.${i + 1}.Value.${k + 1}`, value]),
    ]),
  ) as Record<string, string>
  const surroundings = { port: config.port, region: await session.region(signal), zoneIds }
  const targets: Record<string, string>[] = []
  let next = ''
  for (let pages = 0; pages < maxPages; pages++) {
    const at: Record<string, string> = next === '' ? {} : { NextToken: next }
    const parameters = { Action: 'DescribeInstances', MaxResults: String(pageSize), ...filters, ...at }
    const page = await session.ec2(parameters, signal)
    targets.push(...targetsOf(page, surroundings))
    next = textAt(page, 'nextToken') ?? ''
    if (next === '') return targets
  }
  throw new Error(`more than ${maxPages} pages of instances`)
}
