import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { errorSchema } from '../../../contract/index.ts'
import type { QueryContext } from '../../query/query-context.ts'
import type { ScopeOf } from '../request-scope.ts'

/** Fastify with routes typed by their zod schemas. */
export type ApiInstance = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** What the routes of queries need. */
export interface QueryParts {
  readonly queries: QueryContext
  readonly scopeOf: ScopeOf
}

/** Answers that any route of a query may give instead of its own. */
export const errorAnswers = {
  400: errorSchema,
  401: errorSchema,
  403: errorSchema,
  422: errorSchema,
  503: errorSchema,
  504: errorSchema,
} as const
