import { z } from 'zod'

/** Characters of an address of the web app, behind the host. */
const longestPath = 16_384

/** `POST /api/links`: keeps an address of the web app that is too long to be passed on. */
export const linkRequestSchema = z
  .strictObject({
    path: z
      .string()
      .max(longestPath)
      .regex(/^\/[\w.-]+\/[!-[\]-~]*$/, 'expected an address of the web app, like /default/services?q=…'),
  })
  .meta({ id: 'LinkRequest' })

export const linkSchema = z
  .object({ path: z.string().meta({ description: '`/s/{id}`, which leads to the address; never changed.' }) })
  .meta({ id: 'Link' })

/** `GET /s/{id}` */
export const linkPathSchema = z.strictObject({ id: z.string().regex(/^[\w-]{12}$/, 'expected the id of a link') })

export type Link = z.infer<typeof linkSchema>
