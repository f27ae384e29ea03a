import { z } from 'zod'
import { Secret, secretUrl } from './secret.ts'

/** Where a listener binds. `host` without brackets; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * One kind of setting: reads a value as YAML, the environment or a flag gives it (text or a YAML scalar).
 * `expected` completes the sentence "expected …" in an error.
 */
export interface SettingType<T> {
  readonly expected: string
  readonly schema: z.ZodType<T>
  /** The value back in the form a person writes. */
  readonly write: (value: T) => unknown
  readonly isSecret?: boolean
}

/** `read` returns undefined for what it does not accept. */
function settingType<T>(
  expected: string,
  read: (raw: unknown) => T | undefined,
  write: (value: T) => unknown = (value) => value,
): SettingType<T> {
  const schema = z.unknown().transform((raw, context): T => {
    const value = read(raw)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: raw })
    return z.NEVER
  })
  return { expected, schema, write }
}

export const text = settingType('text', (raw) =>
  typeof raw === 'string' ? raw : typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined,
)

export const secret: SettingType<Secret> = {
  ...settingType(
    'text',
    (raw) =>
      typeof raw === 'string' ? new Secret(raw) : typeof raw === 'number' ? new Secret(String(raw)) : undefined,
    (value) => value.masked,
  ),
  isSecret: true,
}

export const flag = settingType('true or false', (raw) => {
  if (typeof raw === 'boolean') return raw
  if (raw === 'true') return true
  return raw === 'false' ? false : undefined
})

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): SettingType<number> {
  return settingType(`a whole number from ${least} to ${most}`, (raw) => {
    const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw
    return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : undefined
  })
}

/** The same, or `auto`: decided by the machine. */
export function wholeOrAuto(least: number, most: number): SettingType<number | 'auto'> {
  const number = whole(least, most)
  return settingType<number | 'auto'>(`auto, or ${number.expected}`, (raw) =>
    raw === 'auto' ? 'auto' : number.schema.safeParse(raw).data,
  )
}

export function oneOf<const T extends string>(words: readonly T[]): SettingType<T> {
  return settingType(`one of ${words.join(', ')}`, (raw) => words.find((word) => word === String(raw)))
}

/** A YAML list, or words parted by commas. */
export function listOf<T>(entry: SettingType<T>): SettingType<readonly T[]> {
  return settingType<readonly T[]>(
    `a list (in one line parted by commas) of: ${entry.expected}`,
    (raw) => {
      const parts = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
      if (!Array.isArray(parts)) return undefined
      const read = parts.filter((part) => part !== '').map((part) => entry.schema.safeParse(part))
      return read.every((one) => one.success) ? read.map((one) => one.data) : undefined
    },
    (values) => values.map(entry.write),
  )
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds, written `100ms`, `30s`, `5m`, `1h30m`, `7d`. */
export const duration = settingType('a duration such as 100ms, 30s, 5m, 1h30m or 7d', readDuration, writeDuration)

function readDuration(raw: unknown): number | undefined {
  if (raw === 0 || raw === '0') return 0
  if (typeof raw !== 'string' || !/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(raw)) return undefined
  let total = 0
  for (const [, count, unit] of raw.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    total += Number(count) * durationUnits[unit]
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined
}

function writeDuration(ms: number): string {
  if (ms === 0) return '0s'
  for (const unit of ['d', 'h', 'm', 's'])
    if (ms % durationUnits[unit] === 0) return `${ms / durationUnits[unit]}${unit}`
  return `${ms}ms`
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** Bytes, written `512MiB`, `4GiB`, `1.5GB` or as a plain number. */
export const size = settingType('a size such as 20MiB, 4GiB or a number of bytes', readSize, writeSize)

function readSize(raw: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]i?B|B)?$/.exec(String(raw))
  if (match === null || (typeof raw !== 'string' && typeof raw !== 'number')) return undefined
  const unit = (match[2] ?? 'B') === 'KB' ? 'kB' : (match[2] ?? 'B')
  const bytes = Math.round(Number(match[1]) * (sizeUnits[unit] ?? Number.NaN))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

function writeSize(bytes: number): string | number {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'])
    if (bytes > 0 && bytes % sizeUnits[unit] === 0) return `${bytes / sizeUnits[unit]}${unit}`
  return bytes
}

/** Whole days from 1 to 65535 (the width of the column that holds them), written `30` or `30d`. */
export const days = settingType(
  'a number of days from 1 to 65535 such as 30 or 30d',
  (raw) => {
    const match = /^(\d{1,5})d?$/.exec(String(raw))
    const value = match === null ? Number.NaN : Number(match[1])
    return value >= 1 && value <= 65_535 ? value : undefined
  },
  (value) => `${value}d`,
)

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT` for every address of the machine. */
export const listenAddress = settingType('HOST:PORT such as 127.0.0.1:8080 or [::1]:8080', readListen, writeListen)

/** The same, or `off`. */
export const listenAddressOrOff = settingType<ListenAddress | null>(
  'HOST:PORT such as 127.0.0.1:4318, or off',
  (raw) => (raw === 'off' || raw === false ? null : readListen(raw)),
  (value) => (value === null ? 'off' : writeListen(value)),
)

function readListen(raw: unknown): ListenAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s/]*)):(\d{1,5})$/.exec(String(raw))
  if (match === null || Number(match[3]) > 65_535) return undefined
  return { host: match[1] ?? (match[2] === '' ? '0.0.0.0' : match[2]), port: Number(match[3]) }
}

/** The address as a person writes it; an IPv6 host in brackets. */
export function writeListen(address: ListenAddress): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

function isUrl(raw: unknown, schemes: readonly string[]): raw is string {
  return typeof raw === 'string' && URL.canParse(raw) && schemes.includes(new URL(raw).protocol)
}

/** A URL of one of these schemes, or '' for none. */
export function urlOrEmpty(...schemes: readonly string[]): SettingType<string> {
  return settingType(`a URL that starts with ${schemes.join('// or ')}//, or nothing`, (raw) =>
    raw === '' || isUrl(raw, schemes) ? (raw as string) : undefined,
  )
}

/** The same where the URL carries a password. */
export function secretUrlOrEmpty(...schemes: readonly string[]): SettingType<Secret> {
  return {
    ...settingType(
      `a URL that starts with ${schemes.join('// or ')}//, or nothing`,
      (raw) => (raw === '' || isUrl(raw, schemes) ? secretUrl(raw as string) : undefined),
      (value) => value.masked,
    ),
    isSecret: true,
  }
}

/** A list of free-form mappings, judged by the part that reads them. */
export const mappings = settingType<readonly Readonly<Record<string, unknown>>[]>('a list of mappings', (raw) =>
  Array.isArray(raw) && raw.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
    ? raw
    : undefined,
)

/** Days under names of their own: a list of `NAME=DAYS`. */
export const namedDays: SettingType<readonly { readonly name: string; readonly days: number }[]> = listOf(
  settingType(
    'NAME=DAYS with 1 to 65535 days such as audit=365d',
    (raw) => {
      const match = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,99})=(.+)$/.exec(String(raw))
      const read = match === null ? undefined : days.schema.safeParse(match[2])
      return match !== null && read?.success === true ? { name: match[1], days: read.data } : undefined
    },
    ({ name, days: kept }) => `${name}=${kept}d`,
  ),
)
