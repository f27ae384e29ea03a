import { findCardNumbers } from './card-number.ts'

/** One kind of text that people do not want stored. */
export interface SecretKind {
  readonly name: string
  readonly description: string
  /** Looked for where a redact stage names no kinds. */
  readonly isDefault: boolean
  /** RE2; where it has a capture, only the first one is replaced. */
  readonly pattern?: string
  /** In place of a pattern. */
  readonly find?: (text: string, found: (from: number, to: number) => void) => void
  /** Attributes whose name matches are replaced whole. */
  readonly keyPattern?: string
}

const secretWords = [
  'passw(?:or)?d',
  'pwd',
  'pass_?phrase',
  'secret',
  'client[_-]?secret',
  'api[_-]?key',
  'secret[_-]?key',
  'access[_-]?key',
  'private[_-]?key',
  '(?:auth|access|refresh|session|id)[_-]?token',
  'credentials?',
].join('|')

const quotedOrWord = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\"(?:[^"\\]|\\[^"])*\\"|[^\s"'\\,;&)}\]]+`

/** What a redact stage knows by name. Patterns are our own, after the published forms of these tokens. */
export const secretKinds: readonly SecretKind[] = [
  {
    name: 'card_number',
    description: 'Numbers of payment cards with a right check digit, also in groups.',
    isDefault: true,
    find: findCardNumbers,
  },
  {
    name: 'private_key',
    description: 'Private keys in PEM, to their end or that of the text.',
    isDefault: true,
    pattern: String.raw`-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\z)`,
  },
  {
    name: 'jwt',
    description: 'JSON Web Tokens.',
    isDefault: true,
    pattern: String.raw`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`,
  },
  {
    name: 'authorization',
    description: 'Credentials in `Authorization` headers and after `Bearer`.',
    isDefault: true,
    pattern: String.raw`(?i)\b(?:authorization["'\\]{0,3}\s*[:=]\s*["'\\]{0,3}(?:[a-z]+\s+)?|bearer\s+)([A-Za-z0-9._~+/=-]{8,})`,
    keyPattern: '(?i)(?:^|[._-])(?:authorization|cookie)$',
  },
  {
    name: 'secret_value',
    description:
      'Values after names such as `password`, `secret`, `api_key`, `access_token`, and attributes so called.',
    isDefault: true,
    pattern: `(?i)(?:${secretWords})["'\\\\]{0,3}\\s*(?:=>|[:=])\\s*(${quotedOrWord})`,
    keyPattern: `(?i)(?:^|[._-])(?:[a-z]+[_-])?(?:${secretWords})$`,
  },
  {
    name: 'url_password',
    description: 'Passwords in addresses, `scheme://user:password@host`.',
    isDefault: true,
    pattern: String.raw`[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s/:@]*:([^\s/@]+)@`,
  },
  {
    name: 'aws_access_key',
    description: 'Ids of AWS access keys.',
    isDefault: true,
    pattern: String.raw`\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}\b`,
  },
  {
    name: 'github_token',
    description: 'Tokens of GitHub.',
    isDefault: true,
    pattern: String.raw`\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})`,
  },
  {
    name: 'gitlab_token',
    description: 'Tokens of GitLab.',
    isDefault: true,
    pattern: String.raw`\bgl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{20,255}`,
  },
  {
    name: 'slack_token',
    description: 'Tokens and web hooks of Slack.',
    isDefault: true,
    pattern: String.raw`\bxox[abeoprs]-[A-Za-z0-9-]{10,255}|https://hooks\.slack\.com/services/[A-Za-z0-9/]+`,
  },
  {
    name: 'stripe_key',
    description: 'Secret and restricted keys of Stripe.',
    isDefault: true,
    pattern: String.raw`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}`,
  },
  {
    name: 'google_api_key',
    description: 'API keys of Google.',
    isDefault: true,
    pattern: String.raw`\bAIza[0-9A-Za-z_-]{35}`,
  },
  {
    name: 'npm_token',
    description: 'Tokens of npm.',
    isDefault: true,
    pattern: String.raw`\bnpm_[A-Za-z0-9]{36}`,
  },
  {
    name: 'email',
    description: 'Addresses of e-mail.',
    isDefault: false,
    pattern: String.raw`\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+`,
  },
  {
    name: 'ip_address',
    description: 'IPv4 addresses, and IPv6 addresses of at least three parts.',
    isDefault: false,
    pattern: String.raw`\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|(?:[0-9A-Fa-f]{1,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|:)(?::?[0-9A-Fa-f]{1,4})*`,
  },
  {
    name: 'iban',
    description: 'International bank account numbers.',
    isDefault: false,
    pattern: String.raw`\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`,
  },
  {
    name: 'us_social_security',
    description: 'Social security numbers of the United States, with dashes.',
    isDefault: false,
    pattern: String.raw`\b[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}\b`,
  },
]
