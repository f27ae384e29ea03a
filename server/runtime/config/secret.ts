import { inspect } from 'node:util'

/**
 * A value that must never be shown: it prints, logs and serialises as its mask. Only `reveal` gives it out,
 * so that every use can be found by that word.
 */
export class Secret {
  readonly #value: string
  /** What may be shown instead of the value. */
  readonly masked: string

  constructor(value: string, masked = value === '' ? '' : '***') {
    this.#value = value
    this.masked = masked
  }

  get isSet(): boolean {
    return this.#value !== ''
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return this.masked
  }

  toJSON(): string {
    return this.masked
  }

  [inspect.custom](): string {
    return this.masked
  }
}

/** A URL with credentials in it: everything but the password may be shown. */
export function secretUrl(text: string): Secret {
  if (text === '') return new Secret('')
  try {
    const url = new URL(text)
    if (url.password !== '') url.password = '***'
    for (const key of [...url.searchParams.keys()]) if (isSecretKey(key)) url.searchParams.set(key, '***')
    return new Secret(text, url.href)
  } catch {
    return new Secret(text)
  }
}

const secretWords = /pass(word|wd)?$|secret|token|credentials|api_?key|authorization|private_?key/i

/** Whether a key of a free-form setting (a scrape configuration, a URL parameter) holds something secret. */
function isSecretKey(key: string): boolean {
  return secretWords.test(key) && !/_?file$/i.test(key)
}

/** A copy of a free-form value with everything under a secret key masked. */
export function maskSecrets(value: unknown): unknown {
  if (value instanceof Secret) return value.masked
  if (Array.isArray(value)) return value.map(maskSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecretKey(key) && inner !== '' && inner !== null ? '***' : maskSecrets(inner),
    ]),
  )
}
