import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { HttpProblem } from '../process/http-problem.ts'
import type { ServiceDefinition } from '../process/service.ts'
import type { Customer } from './orders.ts'

/** Opens sessions and vouches for them. Tokens are signed, so nothing is stored; a restart ends all sessions. */
export const auth: ServiceDefinition = {
  poolSize: 0,
  start({ log }) {
    const key = randomBytes(32)
    const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
    return {
      routes: [
        {
          ...{ method: 'POST', path: '/sessions' },
          handle({ body }) {
            const { customerId } = body as { customerId: number }
            if (!Number.isInteger(customerId)) throw new HttpProblem(400, 'customerId must be a whole number')
            const customer: Customer = { customerId, tier: customerId % 10 === 0 ? 'gold' : 'basic' }
            const claims = Buffer.from(JSON.stringify(customer)).toString('base64url')
            log.info({ customerId }, 'User login successful')
            return { status: 201, body: { token: `${claims}.${sign(claims)}` } }
          },
        },
        {
          ...{ method: 'GET', path: '/session' },
          handle({ headers }) {
            const [claims = '', signature = ''] = (headers.authorization ?? '').replace('Bearer ', '').split('.')
            if (!isSame(signature, sign(claims))) {
              log.warn('Request with a token that is not valid')
              throw new HttpProblem(401, 'the token is not valid')
            }
            return { body: JSON.parse(Buffer.from(claims, 'base64url').toString()) }
          },
        },
      ],
    }
  },
}

function isSame(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted))
}
