import { errorSchema, linkPathSchema, linkRequestSchema, linkSchema } from '../../../contract/index.ts'
import type { Links } from '../../catalog/resources/links.ts'
import { NotStored } from '../../query/faults.ts'
import { type ScopeOf, withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers } from './route-parts.ts'

export interface LinkParts {
  readonly scopeOf: ScopeOf
  readonly links: Links
}

/**
 * `POST /api/links`, and `GET /s/{id}` which leads on. Whoever has a link learns the address behind it, as whoever has
 * the address does; what is seen there is judged when the page asks for it.
 */
export function registerLinks(api: ApiInstance, { scopeOf, links }: LinkParts): void {
  api.post(
    '/api/links',
    {
      schema: {
        summary: 'Keep a long address of the web app under a short one',
        body: linkRequestSchema,
        response: { 200: linkSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => ({
        path: `/s/${await links.keep(request.body.path, scope.principal.name)}`,
      })),
  )
  api.get(
    '/s/:id',
    { schema: { hide: true, params: linkPathSchema, response: { 404: errorSchema } } },
    async (request, reply) => {
      const path = await links.find(request.params.id)
      if (path === undefined) throw new NotStored(`There is no link ${request.params.id}.`)
      return reply.redirect(path, 302)
    },
  )
}
