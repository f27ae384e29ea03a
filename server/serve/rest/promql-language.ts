import { type PromqlLanguage, promqlLanguageSchema } from '../../../contract/index.ts'
import { describeLanguage } from '../../query/promql/language.ts'
import type { ApiInstance } from './route-parts.ts'

/** `GET /api/promql/language`. The same for everyone: it tells nothing of what is stored. */
export function registerPromqlLanguage(api: ApiInstance): void {
  const answer = languageJson()
  api.get(
    '/api/promql/language',
    {
      schema: {
        summary: 'Functions, aggregations and keywords of PromQL, for editors',
        response: { 200: promqlLanguageSchema },
      },
    },
    () => answer,
  )
}

function languageJson(): PromqlLanguage {
  const { functions, aggregations, keywords } = describeLanguage()
  return {
    functions: functions.map(
      ({ name, args, optional = 0, repeatsLast = false, returns, experimental = false, summary }) => ({
        ...{ name, args: [...args], optional, repeats_last: repeatsLast, returns, experimental, summary },
      }),
    ),
    aggregations: aggregations.map(({ name, hasParameter, summary }) => ({
      name,
      has_parameter: hasParameter,
      summary,
    })),
    keywords: [...keywords],
  }
}
