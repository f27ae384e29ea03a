import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { httpClientSchema } from '../../config/http-config.ts'
import { createHttpClient, type HttpClient, type HttpClientContext } from '../../http/http-client.ts'
import type { Ec2Config } from './config.ts'
import { type AwsCredentials, encoded, signedHeaders } from './signature.ts'
import { childOf, parseXml, textAt, type XmlElement } from './xml.ts'

/** Where an instance asks about itself. */
const metadataServer = 'http://169.254.169.254'

/** How long a session with the metadata service lasts, s. */
const metadataSessionSeconds = 300

/** Temporary credentials are renewed so long before they end, ms. */
const renewBeforeMs = 300_000

/** Largest answer that is read, bytes. */
const maxAnswerBytes = 64 * 1024 * 1024

/** Variables of the environment. */
export type Variables = Readonly<Record<string, string | undefined>>

interface Lasting {
  readonly credentials: AwsCredentials
  readonly untilMs: number
}

/**
 * Asks AWS's Query APIs with signed requests. Credentials: of the configuration, of its profile, of the environment, of
 * the instance's role (metadata service, version 2), in this order; with `role_arn` they take on that role.
 */
export class AwsSession {
  readonly #config: Ec2Config
  readonly #context: HttpClientContext
  readonly #variables: Variables
  readonly #client: HttpClient
  /** The metadata service is spoken to plainly and directly, whatever the configuration says of AWS. */
  readonly #metadataClient: HttpClient
  #region: string
  #known: Lasting | null = null

  constructor(config: Ec2Config, context: HttpClientContext, variables: Variables) {
    this.#config = config
    this.#context = context
    this.#variables = variables
    this.#client = createHttpClient(config, context)
    this.#metadataClient = createHttpClient(httpClientSchema.parse({ follow_redirects: false }), context)
    this.#region = config.region || variables.AWS_REGION || variables.AWS_DEFAULT_REGION || ''
  }

  async region(signal: AbortSignal): Promise<string> {
    if (this.#region === '') this.#region = await this.#metadata('/latest/meta-data/placement/region', signal)
    return this.#region
  }

  /** The answer to an action of EC2. Throws: an Error in words, with AWS's own code and message. */
  async ec2(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<XmlElement> {
    const credentials = await this.#credentials(signal)
    const region = await this.region(signal)
    const url = this.#config.endpoint || endpointOf('ec2', region)
    const all = { ...parameters, Version: '2016-11-15' }
    return this.#send({ url: withScheme(url), service: 'ec2', parameters: all, credentials }, signal)
  }

  /** After a refusal: they are found anew. */
  forgetCredentials(): void {
    this.#known = null
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#metadataClient.close()])
  }

  async #credentials(signal: AbortSignal): Promise<AwsCredentials> {
    if (this.#known === null || this.#context.clock.nowMs() >= this.#known.untilMs) {
      const own = await this.#ownCredentials(signal)
      const { role_arn: role } = this.#config
      this.#known = role === undefined ? own : await this.#assumeRole(role, own.credentials, signal)
    }
    return this.#known.credentials
  }

  async #ownCredentials(signal: AbortSignal): Promise<Lasting> {
    const { access_key: accessKey, secret_key: secretKey, profile } = this.#config
    const lasting = (credentials: AwsCredentials): Lasting => ({ credentials, untilMs: Number.POSITIVE_INFINITY })
    if (accessKey !== undefined && secretKey !== undefined) return lasting({ accessKey, secretKey, sessionToken: '' })
    if (profile !== undefined) return lasting(await this.#profile(profile))
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token = '' } = this.#variables
    if (id && secret) return lasting({ accessKey: id, secretKey: secret, sessionToken: token })
    return this.#instanceRole(signal)
  }

  /** Of the shared credentials file. */
  async #profile(name: string): Promise<AwsCredentials> {
    const file = this.#variables.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials')
    const found = new Map<string, string>()
    let isIn = false
    for (const line of (await readFile(file, 'utf8')).split(/\r?\n/)) {
      const header = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line)
      if (header !== null) isIn = header[1] === name
      const pair = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line)
      if (isIn && pair !== null) found.set(pair[1], pair[2])
    }
    const accessKey = found.get('aws_access_key_id')
    const secretKey = found.get('aws_secret_access_key')
    if (accessKey === undefined || secretKey === undefined) throw new Error(`${file}: no keys in the profile ${name}`)
    return { accessKey, secretKey, sessionToken: found.get('aws_session_token') ?? '' }
  }

  /** Source: Amazon EC2, instance metadata service version 2. */
  async #instanceRole(signal: AbortSignal): Promise<Lasting> {
    const folder = '/latest/meta-data/iam/security-credentials/'
    const [role] = (await this.#metadata(folder, signal)).split('\n')
    const answer = JSON.parse(await this.#metadata(`${folder}${role}`, signal)) as Record<string, unknown>
    const { AccessKeyId: accessKey, SecretAccessKey: secretKey, Token: sessionToken, Expiration: until } = answer
    if (typeof accessKey !== 'string' || typeof secretKey !== 'string')
      throw new Error(`the metadata service has no keys for role ${role}`)
    const credentials = { accessKey, secretKey, sessionToken: String(sessionToken ?? '') }
    return { credentials, untilMs: Date.parse(String(until)) - renewBeforeMs }
  }

  async #metadata(path: string, signal: AbortSignal): Promise<string> {
    const server = this.#variables.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? metadataServer
    const ask = async (method: 'GET' | 'PUT', url: string, headers: Record<string, string>): Promise<string> => {
      const answer = await this.#metadataClient.fetch({ method, url, headers, signal, maxBytes: maxAnswerBytes })
      if (answer.status !== 200)
        throw new Error(`metadata service, ${path}: expected HTTP status 200, got ${answer.status}`)
      return new TextDecoder().decode(answer.body).trim()
    }
    const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': String(metadataSessionSeconds) }
    const token = await ask('PUT', `${server}/latest/api/token`, lifetime)
    return ask('GET', `${server}${path}`, { 'x-aws-ec2-metadata-token': token })
  }

  /** Source: AWS Security Token Service, AssumeRole. */
  async #assumeRole(role: string, credentials: AwsCredentials, signal: AbortSignal): Promise<Lasting> {
    const region = await this.region(signal)
    const url = this.#variables.AWS_ENDPOINT_URL_STS ?? endpointOf('sts', region)
    const parameters = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: 'sightline' }
    const answer = await this.#send({ url: withScheme(url), service: 'sts', parameters, credentials }, signal)
    const found = childOf(childOf(answer, 'AssumeRoleResult'), 'Credentials')
    const [accessKey, secretKey, sessionToken, until] = [
      'AccessKeyId',
      'SecretAccessKey',
      'SessionToken',
      'Expiration',
    ].map((name) => textAt(found, name) ?? '')
    if (accessKey === '' || secretKey === '') throw new Error(`AssumeRole ${role}: there are no keys in the answer`)
    return { credentials: { accessKey, secretKey, sessionToken }, untilMs: Date.parse(until) - renewBeforeMs }
  }

  async #send({ url, service, parameters, credentials }: Question, signal: AbortSignal): Promise<XmlElement> {
    const content = Object.entries(parameters)
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .join('&')
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const scope = { credentials, region: await this.region(signal), service, nowMs: this.#context.clock.nowMs() }
    const whole = new URL(url).href
    const headers = signedHeaders({ method: 'POST', url: whole, headers: form, content }, scope)
    const { status, body } = await this.#client.fetch({
      method: 'POST',
      url: whole,
      headers,
      content,
      signal,
      maxBytes: maxAnswerBytes,
    })
    const text = new TextDecoder().decode(body)
    if (status !== 200) throw new Error(`${parameters.Action}: HTTP status ${status}${errorIn(text)}`)
    return parseXml(text)
  }
}

interface Question {
  readonly url: string
  readonly service: string
  readonly parameters: Readonly<Record<string, string>>
  readonly credentials: AwsCredentials
}

function endpointOf(service: string, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function withScheme(endpoint: string): string {
  return endpoint.includes('://') ? endpoint : `https://${endpoint}`
}

/** Code and message of an error answer; EC2 and STS shape them differently. */
function errorIn(text: string): string {
  try {
    const root = parseXml(text)
    const error = childOf(childOf(root, 'Errors'), 'Error') ?? childOf(root, 'Error')
    const code = textAt(error, 'Code')
    return code === undefined ? '' : `, ${code}: ${textAt(error, 'Message') ?? ''}`
  } catch {
    return ''
  }
}
