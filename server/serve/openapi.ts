import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** How the OpenAPI 3.1 description is made from the routes' schemas. */
export function openapiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sightline', version, description: 'Metrics, logs and traces in one place.' },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token; not needed by the person at the machine itself.',
          },
        },
      },
      security: [{ bearer: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  }
}

type Document = ReturnType<typeof jsonSchemaTransformObject>

/** Every named schema is described twice, as input and as output: leaves out what no route refers to. */
function withoutUnused(document: Document): Document {
  const schemas = ('components' in document ? document.components?.schemas : undefined) ?? {}
  const { components, ...rest } = document as { components?: object }
  const used = new Set<string>()
  const visit = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      visit((schemas as Record<string, unknown>)[name] ?? {})
    }
  }
  visit(rest)
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
  return { ...rest, components: { ...components, schemas: kept } } as Document
}
