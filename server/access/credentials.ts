import { headerOf, type Refusal, type RequestHeaders, refuse } from './refusal.ts'

/** A token that a request carries. `isAmbient`: a browser may add it by itself, so a web page may misuse it. */
export interface Credentials {
  readonly token: string
  readonly isAmbient: boolean
}

/** Longest credential that is looked at, characters. */
const maxLength = 4_096

/**
 * Reads `Authorization: Bearer TOKEN`, `Authorization: Basic` (the password is the token; any user name, or the
 * token as the user name of an empty password) or `X-API-Key: TOKEN`. Undefined where there is none.
 */
export function readCredentials(headers: RequestHeaders): Credentials | Refusal | undefined {
  const authorization = headerOf(headers, 'authorization')
  const key = headerOf(headers, 'x-api-key')
  if (authorization.length > maxLength || key.length > maxLength)
    return refuse(401, `a credential may have at most ${maxLength} characters`)
  if (authorization === '') return key === '' ? undefined : { token: key.trim(), isAmbient: false }
  const [, scheme = '', rest = ''] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return { token: rest, isAmbient: false }
  if (scheme.toLowerCase() === 'basic') return { token: tokenOfBasic(rest), isAmbient: true }
  return refuse(
    401,
    'the Authorization header is not understood; expected `Bearer TOKEN` or `Basic` with a token as password',
  )
}

function tokenOfBasic(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const password = text.slice(colon + 1)
  return colon === -1 || password !== '' ? password : text.slice(0, colon)
}
