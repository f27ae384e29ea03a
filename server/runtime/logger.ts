import { pino } from 'pino'

/** Structured log of the platform itself. Secrets under the usual keys are masked wherever they stand. */
export type Logger = pino.Logger

const secretKeys = ['password', 'token', 'secret', 'authorization', 'cookie', 'apiKey']

/** Logs as JSON lines to `stream` (standard error unless given), and to `also`, which gets every line too. */
export function createLogger(options: {
  level: string
  stream?: pino.DestinationStream
  also?: pino.DestinationStream
}): Logger {
  const paths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`])
  const level = options.level as pino.LevelWithSilent
  const settings = { level, base: undefined, redact: { paths, censor: '***' } }
  const stream = options.stream ?? pino.destination({ fd: 2, sync: false })
  if (options.also === undefined || level === 'silent') return pino(settings, stream)
  return pino(settings, pino.multistream([stream, options.also].map((one) => ({ stream: one, level }))))
}

/** For tests and one-shot commands. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
