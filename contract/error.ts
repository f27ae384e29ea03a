import { z } from 'zod'

/** One fault of a request: where it is, what was expected. */
export const faultSchema = z
  .object({
    path: z.string().meta({ description: 'Where in the request, e.g. `filters[0].operator` or `query.timerange`.' }),
    message: z.string().meta({ description: 'What is wrong and what was expected.' }),
  })
  .meta({ id: 'Fault' })

/** Codes of errors; the HTTP status follows from the code. */
export const errorCodes = [
  'bad_request', // 400
  'unauthenticated', // 401
  'forbidden', // 403
  'not_found', // 404
  'too_large', // 413: the request body
  'unsupported_media_type', // 415
  'limit_exceeded', // 422: the query may not read or hold so much
  'too_many_requests', // 429
  'internal', // 500
  'unavailable', // 503, with Retry-After
  'deadline_exceeded', // 504
] as const

/** The one shape of every error of the API. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string().meta({ description: 'For people: what is wrong, where, what to do.' }),
      detail: z.array(faultSchema).optional(),
    }),
  })
  .meta({ id: 'Error' })

export type ErrorCode = (typeof errorCodes)[number]
export type Fault = z.infer<typeof faultSchema>
export type ErrorAnswer = z.infer<typeof errorSchema>
