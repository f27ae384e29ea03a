import { Buffer } from 'node:buffer'
import { type Dispatcher, request } from 'undici'
import type { Clock } from '../../../runtime/clock.ts'
import type { OAuth2Config } from '../config/http-config.ts'
import { type Connections, type FromFile, openConnections } from './dispatcher.ts'

/** A token is renewed so long before it ends, ms. Source: golang.org/x/oauth2, which Prometheus uses. */
const renewBeforeMs = 10_000

/** Largest answer of a token endpoint that is read, bytes. */
const maxAnswerBytes = 1024 * 1024

/** Tokens of one OAuth 2 client. */
export interface TokenSource {
  /** Value of the header `authorization`. One question at a time; throws an Error in words. */
  authorization(signal: AbortSignal): Promise<string>
  /** The token was refused: the next request asks for another. */
  forget(): void
  close(): Promise<void>
}

interface Token {
  readonly header: string
  readonly untilMs: number
}

/**
 * Client credentials (RFC 6749, 4.4): the client names itself by basic authentication; where that is refused, in the
 * form, and so from then on. The secret's file is read for each token.
 */
export function createTokenSource(config: OAuth2Config, clock: Clock, fromFile: FromFile): TokenSource {
  let token: Token | null = null
  let asking: Promise<Token> | null = null
  let opening: Promise<Connections> | null = null
  let isInForm = false

  async function ask(signal: AbortSignal): Promise<Token> {
    opening ??= openConnections({ ...config, follow_redirects: false }, fromFile)
    opening.catch(() => {
      opening = null
    })
    const { dispatcher } = await opening
    const secret = config.client_secret ?? (await fromFile(config.client_secret_file ?? ''))
    const send = (inForm: boolean) => sendForm(config, { dispatcher, secret, inForm, signal })
    let answer = await send(isInForm)
    if (!isInForm && (answer.status === 400 || answer.status === 401)) {
      answer = await send(true)
      isInForm = answer.status === 200
    }
    return readToken(answer, config.token_url, clock.nowMs())
  }

  return {
    async authorization(signal) {
      if (token !== null && clock.nowMs() < token.untilMs) return token.header
      asking ??= ask(signal).finally(() => {
        asking = null
      })
      token = await asking
      return token.header
    },
    forget() {
      token = null
    },
    async close() {
      await opening?.then((open) => open.destroy())
    },
  }
}

interface FormRequest {
  readonly dispatcher: Dispatcher
  readonly secret: string
  /** Id and secret go into the form. */
  readonly inForm: boolean
  readonly signal: AbortSignal
}

async function sendForm(config: OAuth2Config, { dispatcher, secret, inForm, signal }: FormRequest) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...config.endpoint_params })
  if (config.scopes.length > 0) form.set('scope', config.scopes.join(' '))
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  if (inForm) {
    form.set('client_id', config.client_id)
    form.set('client_secret', secret)
  } else {
    const pair = `${encodeURIComponent(config.client_id)}:${encodeURIComponent(secret)}`
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  const body = form.toString()
  const answer = await request(config.token_url, { dispatcher, signal, method: 'POST', headers, body })
  let text = ''
  for await (const chunk of answer.body) {
    text += String(chunk)
    if (text.length > maxAnswerBytes) throw new Error(`the answer of ${config.token_url} is too large`)
  }
  return { status: answer.statusCode, text }
}

function readToken({ status, text }: { status: number; text: string }, url: string, nowMs: number): Token {
  const where = `OAuth 2 token from ${url}`
  if (status < 200 || status > 299) throw new Error(`${where}: expected HTTP status 200, got ${status}`)
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw new Error(`${where}: expected JSON`)
  }
  const { access_token: value, token_type: type = 'Bearer', expires_in: seconds } = (answer ?? {}) as TokenWire
  if (typeof value !== 'string' || value === '') throw new Error(`${where}: there is no access_token in the answer`)
  const lasts = Number(seconds)
  const untilMs = lasts > 0 ? nowMs + lasts * 1000 - renewBeforeMs : Number.POSITIVE_INFINITY
  return { header: `${String(type).toLowerCase() === 'bearer' ? 'Bearer' : type} ${value}`, untilMs }
}

/** RFC 6749, 5.1. Some servers send the time as text. */
interface TokenWire {
  readonly access_token?: unknown
  readonly token_type?: unknown
  readonly expires_in?: unknown
}
