const ranges = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

/** Short name of an OTLP severity number: 9 is `INFO`, 10 `INFO2`; '' for 0 and numbers that OTLP does not know. */
export function textOfSeverityNumber(number: number): string {
  if (number < 1 || number > 24) return ''
  const step = (number - 1) % 4
  return `${ranges[(number - 1) >> 2]}${step === 0 ? '' : step + 1}`
}

/** Words that loggers use. Source: OpenTelemetry logs data model, appendix B; `critical` as in Python and .NET. */
const words: Readonly<Record<string, number>> = {
  trace: 1,
  finest: 1,
  verbose: 1,
  finer: 3,
  debug: 5,
  dbug: 5,
  fine: 5,
  config: 8,
  info: 9,
  information: 9,
  informational: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  eror: 17,
  severe: 17,
  critical: 21,
  crit: 21,
  alert: 21,
  fatal: 21,
  panic: 21,
  emergency: 21,
  emerg: 21,
}

const numbered = /^(trace|debug|info|warn|error|fatal)([2-4])$/

/** OTLP severity number for a level in words, whatever its case; 0 where the word is not known. */
export function numberOfSeverityText(text: string): number {
  const word = text.trim().toLowerCase()
  if (Object.hasOwn(words, word)) return words[word]
  const match = numbered.exec(word)
  return match === null ? 0 : words[match[1]] + Number(match[2]) - 1
}
