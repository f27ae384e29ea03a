import type { Scope } from '../../model/scope.ts'
import { rangeWords, serviceWords } from '../known-services.ts'
import type { QueryContext } from '../query-context.ts'
import { askMetrics } from './ask-metrics.ts'
import { askRows } from './ask-rows.ts'
import type { SettledQuestion, UnifiedAnswer, UnifiedQuestion } from './question.ts'
import { settleQuestion } from './settle.ts'

/**
 * Filters and aggregates one signal, or lists what matches.
 * Throws: BadQuestion, TooMuchAsked, and what ColumnStore throws.
 */
export async function askUnified(context: QueryContext, scope: Scope, asked: UnifiedQuestion): Promise<UnifiedAnswer> {
  const question = settleQuestion(asked, context.clock)
  const { settledSignal } = question
  const answer =
    settledSignal === 'metrics'
      ? await askMetrics(context, scope, question)
      : await askRows(context, scope, { ...question, settledSignal })
  if (answer.matched > 0) return answer
  return { ...answer, message: await emptyWords(context, scope, question) }
}

async function emptyWords(context: QueryContext, scope: Scope, question: SettledQuestion): Promise<string> {
  const what = { traces: 'spans', logs: 'log records', metrics: 'samples' }[question.settledSignal]
  const passing = question.filters.length === 0 && question.metrics === undefined ? 'are stored' : 'pass these filters'
  const words = `No ${what} ${rangeWords(question.range)} ${passing}.`
  const service = question.filters.find(
    (filter) => filter.operator === 'eq' && ['service', 'service_name', 'service.name'].includes(filter.field),
  )?.value
  if (typeof service !== 'string' || question.settledSignal === 'metrics') return words
  return `${words} ${await serviceWords(context, scope, { service, range: question.range })}`.trimEnd()
}
