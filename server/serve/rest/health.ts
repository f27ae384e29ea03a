import { livenessSchema, readinessSchema } from '../../../contract/index.ts'
import type { Part } from '../../runtime/part.ts'
import type { ApiInstance } from './route-parts.ts'

/** `GET /healthz` and `GET /readyz`; open to everybody, for probes. */
export function registerHealth(api: ApiInstance, parts: () => readonly Part[]): void {
  api.get('/healthz', { schema: { summary: 'The process answers', response: { 200: livenessSchema } } }, () =>
    Promise.resolve({ alive: true as const }),
  )
  api.get(
    '/readyz',
    { schema: { summary: 'Which parts can do their work', response: { 200: readinessSchema, 503: readinessSchema } } },
    (_request, reply) => {
      const states = parts().map((part) => {
        const { ready, detail } = part.health()
        return { name: part.name, ready, ...(detail === undefined ? {} : { detail }) }
      })
      const ready = states.every((state) => state.ready)
      void reply.code(ready ? 200 : 503)
      return Promise.resolve({ ready, parts: states })
    },
  )
}
