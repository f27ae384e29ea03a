import { createHash, createHmac } from 'node:crypto'

export interface AwsCredentials {
  readonly accessKey: string
  readonly secretKey: string
  /** '' for long-lived credentials. */
  readonly sessionToken: string
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Lower case; all of them are signed, with `host` and `x-amz-date`. */
  readonly headers: Readonly<Record<string, string>>
  readonly content: string
}

export interface SigningScope {
  readonly credentials: AwsCredentials
  readonly region: string
  readonly service: string
  readonly nowMs: number
}

/**
 * The headers to send, with the signature among them. Source: AWS Signature Version 4, "Create a signed AWS API request".
 * The path is taken as it stands in the URL, without `.` and `..`.
 */
export function signedHeaders(request: SignedRequest, scope: SigningScope): Record<string, string> {
  const { credentials, region, service, nowMs } = scope
  const url = new URL(request.url)
  const time = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const date = time.slice(0, 8)
  const headers: Record<string, string> = { ...request.headers, host: url.host, 'x-amz-date': time }
  if (credentials.sessionToken !== '') headers['x-amz-security-token'] = credentials.sessionToken
  const names = Object.keys(headers).sort()
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${headers[name].trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.content),
  ].join('\n')
  const credentialScope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, credentialScope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${credentials.secretKey}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const { host: _, ...sent } = headers
  const signed = `Credential=${credentials.accessKey}/${credentialScope}, SignedHeaders=${names.join(';')}`
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${signed}, Signature=${signature}` }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => [encoded(name), encoded(value)] as const)
  pairs.sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** All but letters, digits and -._~ as %XX. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
