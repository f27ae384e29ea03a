import { pino } from 'pino'

/** Structured log of the platform itself. Secrets under the usual keys are masked wherever they stand. */
export type Logger = pino.Logger

const secretKeys = ['password', 'token', 'secret', 'authorization', 'cookie', 'apiKey']

export function createLogger(options: { level: string; stream?: pino.DestinationStream }): Logger {
  const paths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`])
  const settings = { level: options.level, base: undefined, redact: { paths, censor: '***' } }
  return options.stream === undefined ? pino(settings) : pino(settings, options.stream)
}

/** For tests and one-shot commands. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
