import type { z } from 'zod'
import { count, list, period, section, text } from '../../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../../config/http-config.ts'

export const ec2Schema = section({
  /** Asked of the instance that this runs on where it is not given. */
  region: text.default(''),
  endpoint: text.default(''),
  access_key: text.optional(),
  secret_key: text.optional(),
  profile: text.optional(),
  role_arn: text.optional(),
  port: count.default(80),
  refresh_interval: period.default(60_000),
  filters: list(
    section({ name: text, values: list(text).refine((values) => values.length > 0, 'expected at least one value') }),
  ),
  ...httpClientShape,
}).superRefine((config, context) => {
  const { access_key: key, secret_key: secret } = config
  const pairFault = (key === undefined) !== (secret === undefined) ? 'access_key and secret_key go together' : null
  const ways = [config.basic_auth, config.authorization, config.oauth2, config.bearer_token, config.bearer_token_file]
  const loginFault = ways.some((way) => way !== undefined)
    ? 'requests are signed: other credentials do not go with that'
    : null
  const fault = pairFault ?? loginFault ?? faultOfHttpClient(config)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

export type Ec2Config = z.output<typeof ec2Schema>
