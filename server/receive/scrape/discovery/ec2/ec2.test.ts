import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../../../runtime/logger.ts'
import { ManualClock } from '../../../manual-clock-suite.ts'
import type { Discovery, TargetGroup } from '../mechanism.ts'
import { ec2Schema } from './config.ts'
import { createEc2Discovery } from './ec2.ts'
import { signedHeaders } from './signature.ts'
import { parseXml, textAt } from './xml.ts'

let clock: ManualClock
let server: Server
let url: string
let folder: string
let warnings: string[]
let running: Discovery | null
let questions: URLSearchParams[]
let authorizations: string[]
/** Path or action → status and answer. */
let answers: Record<string, (query: URLSearchParams) => [status: number, body: string]>

beforeEach(async () => {
  clock = new ManualClock(Date.parse('2026-01-02T03:04:05Z'))
  folder = mkdtempSync(join(tmpdir(), 'ec2-'))
  warnings = []
  questions = []
  authorizations = []
  running = null
  answers = Object.fromEntries([
    ['DescribeAvailabilityZones', () => [200, zones]],
    ['DescribeInstances', () => [200, page([instance])]],
  ])
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const query = new URLSearchParams(text)
    const action = query.get('Action')
    if (action !== null) {
      questions.push(query)
      authorizations.push(`${request.headers.authorization} ${request.headers['x-amz-security-token'] ?? ''}`)
    } else if (request.method === 'GET' && request.headers['x-aws-ec2-metadata-token'] !== 'session')
      return void response.writeHead(401).end()
    const [status, body] = answers[action ?? request.url!]?.(query) ?? [404, '']
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await running?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const zones =
  '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeAvailabilityZonesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><availabilityZoneInfo><item><zoneName>eu-west-1a</zoneName><zoneId>euw1-az2</zoneId></item></availabilityZoneInfo></DescribeAvailabilityZonesResponse>'

const page = (instances: readonly string[], next = '') => `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>8f7724cf</requestId>
  <reservationSet><item><ownerId>123456789012</ownerId><groupSet/><instancesSet>${instances.join('')}</instancesSet></item></reservationSet>
  ${next === '' ? '' : `<nextToken>${next}</nextToken>`}
</DescribeInstancesResponse>`

const instance = `<item>
  <instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>
  <privateDnsName>ip-10-0-0-1.ec2.internal</privateDnsName><dnsName>ec2-1.example.com</dnsName>
  <instanceType>t3.small</instanceType><placement><availabilityZone>eu-west-1a</availabilityZone></placement>
  <platform>windows</platform><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
  <privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>54.0.0.1</ipAddress>
  <architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle>
  <tagSet><item><key>Name</key><value>a &amp; b</value></item><item><key>k8s.io/role</key><value/></item></tagSet>
  <networkInterfaceSet>
    <item><subnetId>subnet-2</subnetId><attachment><deviceIndex>1</deviceIndex></attachment>
      <ipv6AddressesSet><item><ipv6Address>fd00::2</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet></item>
    <item><subnetId>subnet-1</subnetId><attachment><deviceIndex>0</deviceIndex></attachment>
      <ipv6AddressesSet><item><ipv6Address>fd00::1</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item>
      <item><ipv6Address>fd00::9</ipv6Address><isPrimaryIpv6>false</isPrimaryIpv6></item></ipv6AddressesSet></item>
  </networkInterfaceSet></item>`

const keys = { access_key: 'AK', secret_key: 'SK' }

function discover(config: Record<string, unknown>, variables: Record<string, string> = {}) {
  const updates: (readonly TargetGroup[])[] = []
  const logger = createLogger({ level: 'warn', stream: { write: (line) => void warnings.push(line) } })
  const parsed = ec2Schema.parse({ region: 'eu-west-1', endpoint: url, port: 9100, ...config })
  running = createEc2Discovery(parsed, { clock, logger, baseFolder: folder }, variables)
  running.start((groups) => updates.push(groups))
  return updates
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate)
}

describe('instances', () => {
  it('become targets with their labels', async () => {
    const updates = discover(keys)
    await until(() => updates.length > 0)
    expect(updates[0]).toEqual([
      {
        labels: {},
        targets: [
          {
            __address__: '10.0.0.1:9100',
            __meta_ec2_instance_id: 'i-1',
            __meta_ec2_region: 'eu-west-1',
            __meta_ec2_owner_id: '123456789012',
            __meta_ec2_private_ip: '10.0.0.1',
            __meta_ec2_private_dns_name: 'ip-10-0-0-1.ec2.internal',
            __meta_ec2_platform: 'windows',
            __meta_ec2_public_ip: '54.0.0.1',
            __meta_ec2_public_dns_name: 'ec2-1.example.com',
            __meta_ec2_ami: 'ami-1',
            __meta_ec2_availability_zone: 'eu-west-1a',
            __meta_ec2_availability_zone_id: 'euw1-az2',
            __meta_ec2_instance_state: 'running',
            __meta_ec2_instance_type: 't3.small',
            __meta_ec2_instance_lifecycle: 'spot',
            __meta_ec2_architecture: 'x86_64',
            __meta_ec2_vpc_id: 'vpc-1',
            __meta_ec2_primary_subnet_id: 'subnet-1',
            __meta_ec2_subnet_id: ',subnet-2,subnet-1,',
            __meta_ec2_ipv6_addresses: ',fd00::2,fd00::1,fd00::9,',
            __meta_ec2_primary_ipv6_addresses: ',fd00::1,fd00::2,',
            __meta_ec2_tag_Name: 'a & b',
            __meta_ec2_tag_k8s_io_role: '',
          },
        ],
      },
    ])
  })

  it('are asked for in pages, with filters', async () => {
    const bare = (id: string) =>
      `<item><instanceId>${id}</instanceId><privateIpAddress>10.0.0.2</privateIpAddress></item>`
    answers.DescribeInstances = (query) => [
      200,
      query.get('NextToken') === 'n=1' ? page([bare('i-3'), '<item/>']) : page([bare('i-2')], 'n=1'),
    ]
    const updates = discover({ ...keys, filters: [{ name: 'tag:env', values: ['a b', 'c'] }] })
    await until(() => updates.length > 0)
    expect(updates[0][0].targets.map((target) => target.__meta_ec2_instance_id)).toEqual(['i-2', 'i-3'])
    expect(Object.fromEntries(questions[2])).toMatchObject({
      MaxResults: '1000',
      NextToken: 'n=1',
      'Filter.1.Name': 'tag:env',
      'Filter.1.Value.1': 'a b',
      'Filter.1.Value.2': 'c',
    })
  })

  it('stay while AWS refuses, whose reason is logged', async () => {
    const updates = discover(keys)
    await until(() => updates.length > 0 && clock.waiting.length > 0)
    answers.DescribeInstances = () => [
      401,
      '<Response><Errors><Error><Code>AuthFailure</Code><Message>no such key</Message></Error></Errors></Response>',
    ]
    clock.advance(60_000)
    await until(() => warnings.length > 0)
    expect(warnings[0]).toContain('HTTP status 401, AuthFailure: no such key')
    expect(updates.length).toBe(1)
  })
})

describe('credentials', () => {
  it('of the environment', async () => {
    const variables = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'tok' }
    const updates = discover({}, variables)
    await until(() => updates.length > 0)
    expect(authorizations[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ENV\/20260102\/eu-west-1\/ec2\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64} tok$/,
    )
  })

  it('of a profile', async () => {
    const file = join(folder, 'credentials')
    writeFileSync(
      file,
      '[default]\naws_access_key_id = NO\n[mine]\naws_access_key_id=MINE\naws_secret_access_key = s\n',
    )
    const updates = discover({ profile: 'mine' }, { AWS_SHARED_CREDENTIALS_FILE: file })
    await until(() => updates.length > 0)
    expect(authorizations[0]).toContain('Credential=MINE/')
  })

  it('of the role of the instance, renewed before they end; the region too', async () => {
    let count = 0
    const folderPath = '/latest/meta-data/iam/security-credentials/'
    Object.assign(answers, {
      '/latest/api/token': () => [200, 'session'],
      '/latest/meta-data/placement/region': () => [200, 'eu-north-1'],
      [folderPath]: () => [200, 'reader'],
      [`${folderPath}reader`]: () => {
        count += 1
        const Expiration = new Date(clock.nowMs() + 330_000).toISOString()
        return [200, JSON.stringify({ AccessKeyId: `ROLE${count}`, SecretAccessKey: 's', Token: 't', Expiration })]
      },
    })
    const updates = discover({ region: '' }, { AWS_EC2_METADATA_SERVICE_ENDPOINT: url })
    await until(() => updates.length > 0 && clock.waiting.length > 0)
    expect(updates[0][0].targets[0].__meta_ec2_region).toBe('eu-north-1')
    expect(authorizations.every((one) => one.includes('Credential=ROLE1/20260102/eu-north-1/'))).toBe(true)
    clock.advance(60_000)
    await until(() => updates.length > 1)
    expect(authorizations.at(-1)).toContain('Credential=ROLE2/')
  })

  it('of a role that is taken on', async () => {
    const until2027 = '<Expiration>2027-01-01T00:00:00Z</Expiration>'
    answers.AssumeRole = () => [
      200,
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>OTHER</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>st</SessionToken>${until2027}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    ]
    const updates = discover({ ...keys, role_arn: 'arn:aws:iam::1:role/x' }, { AWS_ENDPOINT_URL_STS: url })
    await until(() => updates.length > 0)
    expect(authorizations[0]).toContain('Credential=AK/20260102/eu-west-1/sts/')
    expect(questions[0].get('RoleArn')).toBe('arn:aws:iam::1:role/x')
    expect(authorizations[1]).toMatch(/Credential=OTHER\/.* st$/)
  })
})

describe('signatures', () => {
  const credentials = {
    accessKey: 'AKIDEXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: '',
  }
  const scope = { credentials, region: 'us-east-1', service: 'service', nowMs: Date.parse('2015-08-30T12:36:00Z') }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  // Of AWS's own test suite for Signature Version 4.
  it.each([
    ['get-vanilla', 'GET', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'post-x-www-form-urlencoded',
      'POST',
      form,
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ] as const)('%s', (_name, method, headers, content, wanted) => {
    const signed = signedHeaders({ method, url: 'https://example.amazonaws.com/', headers, content }, scope)
    expect(signed.authorization.split('Signature=')[1]).toBe(wanted)
  })
})

describe('XML', () => {
  it.each([
    ['<a>1 &lt; 2 &#65;&#x42;</a>', '1 < 2 AB'],
    ['<?xml version="1.0"?><!-- c --><a x="y"><![CDATA[<b>]]></a>', '<b>'],
    ['<a/>', ''],
  ])('%s', (text, wanted) => expect(textAt(parseXml(text))).toBe(wanted))

  it.each(['', '<a>', '<a></b>', '</a>', '<a></a><b/>', '<', '<!DOCTYPE a [<!ENTITY x "y">]><a/>', '<a>'.repeat(101)])(
    '%j is refused',
    (text) => expect(() => parseXml(text)).toThrow(/XML/),
  )
})
