import {
  type DemoState,
  demoActSchema,
  demoFaultPathSchema,
  demoFaultSchema,
  demoStateSchema,
} from '../../../contract/index.ts'
import { refuse } from '../../access/refusal.ts'
import type { Scope } from '../../model/scope.ts'
import { badQuestion } from '../../query/faults.ts'
import { DemoRefusal, type DemoShop } from '../demo-shop.ts'
import { instantJson } from '../json/records.ts'
import { Refused, type ScopeOf, withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers } from './route-parts.ts'

export interface DemoParts {
  readonly scopeOf: ScopeOf
  readonly demo: DemoShop
  /** Whether who asks may start processes on this machine: the right `admin` on all tenants. */
  readonly mayManage: (scope: Scope) => boolean
}

/** `GET /api/demo`, `POST /api/demo/{start|stop|remove}`, `POST /api/demo/faults/{name}` */
export function registerDemo(api: ApiInstance, parts: DemoParts): void {
  const answers = { 200: demoStateSchema, ...errorAnswers }
  api.get(
    '/api/demo',
    { schema: { summary: 'Whether the demo shop runs on this server, and what is broken in it', response: answers } },
    (request, reply) => withScope(parts.scopeOf, { request, reply }, (scope) => answer(parts, scope)),
  )
  api.post(
    '/api/demo/:act',
    {
      schema: {
        summary: 'Start or stop the demo shop, or remove its rows; answers at once, `GET /api/demo` tells how it goes',
        params: demoActSchema,
        response: answers,
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, (scope) => {
        const acts = { start: parts.demo.open, stop: parts.demo.close, remove: parts.demo.remove }
        return managed(parts, scope, () => acts[request.params.act].call(parts.demo, scope.principal.name))
      }),
  )
  api.post(
    '/api/demo/faults/:name',
    {
      schema: {
        summary: 'Break something in the demo shop, or mend it',
        params: demoFaultPathSchema,
        body: demoFaultSchema,
        response: answers,
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, (scope) =>
        managed(parts, scope, () => parts.demo.switchFault(request.params.name, request.body.active)),
      ),
  )
}

async function managed(parts: DemoParts, scope: Scope, act: () => Promise<void>): Promise<DemoState> {
  if (!parts.mayManage(scope))
    throw new Refused(refuse(403, `${scope.principal.name} may not run the demo shop: that needs admin on all tenants`))
  try {
    await act()
  } catch (error) {
    if (error instanceof DemoRefusal) throw badQuestion('demo', error.message)
    throw error
  }
  return answer(parts, scope)
}

async function answer({ demo, mayManage }: DemoParts, scope: Scope): Promise<DemoState> {
  const { status, tenant, hasRows, startedMs, stopsMs, processes, faults, trouble } = await demo.state()
  return {
    ...{ status, tenant, has_rows: hasRows, processes: [...processes], may_manage: mayManage(scope) },
    started_at: startedMs === 0 ? null : instantJson(startedMs),
    stops_at: stopsMs === 0 ? null : instantJson(stopsMs),
    faults: faults.map(({ name, title, active, sinceUnixMs }) => ({
      ...{ name, title, active, since: sinceUnixMs === undefined ? null : instantJson(sinceUnixMs) },
    })),
    ...(trouble === '' ? {} : { message: trouble }),
  }
}
