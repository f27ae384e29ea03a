import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Screens of the web app: the second part of its addresses `/{tenant}/{screen}/…`. */
const screens = [
  'home',
  'services',
  'map',
  'logs',
  'traces',
  'metrics',
  'dashboards',
  'alerts',
  'slos',
  'data',
  'settings',
  'gallery',
]

/** First parts of addresses that belong to APIs and are never a tenant's. */
const reserved = new Set(['api', 's', 'v1', 'assets', 'loki', 'healthz', 'readyz'])

/**
 * What a page may load and do: only what this server sends. No inline script and no `eval`; styles may be inline,
 * because the style library writes its rules into style elements.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}

/** Compressed copies beside a file, best first. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** Names of built files: no folders, no dot in front, so that no path can leave the folder. */
const assetName = /^[\w-][\w.-]*$/

/**
 * Serves the built web app from `folder`: its page at `/` and at every address of a screen, never kept by browsers;
 * its files under `/assets/` by their hashed names, kept for a year. Answers with the compressed copies that lie
 * beside the files where the browser takes them. Without a built app the page says how to build it (503).
 */
export function registerStaticFiles(app: FastifyInstance, folder: string): void {
  const page = (request: FastifyRequest, reply: FastifyReply) => sendPage(request, reply, folder)
  app.get('/', page)
  const screenPage = (request: FastifyRequest, reply: FastifyReply) => {
    const { tenant } = request.params as { tenant: string }
    return reserved.has(tenant) ? reply.callNotFound() : page(request, reply)
  }
  for (const screen of screens) {
    app.get(`/:tenant/${screen}`, screenPage)
    app.get(`/:tenant/${screen}/*`, screenPage)
  }
  app.get('/assets/:name', async (request, reply) => {
    const { name } = request.params as { name: string }
    const file = join(folder, 'assets', name)
    if (!assetName.test(name) || /\.(br|gz)$/.test(name) || !existsSync(file)) return reply.callNotFound()
    reply.header('cache-control', 'public, max-age=31536000, immutable')
    return sendFile(request, reply, file)
  })
}

async function sendPage(request: FastifyRequest, reply: FastifyReply, folder: string): Promise<FastifyReply> {
  reply
    .header('cache-control', 'no-store')
    .header('content-security-policy', contentSecurityPolicy)
    .header('referrer-policy', 'same-origin')
    .header('x-frame-options', 'DENY')
  const file = join(folder, 'index.html')
  if (existsSync(file)) return sendFile(request, reply, file)
  return reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send('The web app is not built. Start with `npm start`, which builds it, or run `npm run web:build`.\n')
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: string): Promise<FastifyReply> {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const found = encodings.find(
    ([name, ending]) =>
      new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted) && existsSync(file + ending),
  )
  reply
    .type(contentTypes[extname(file)] ?? 'application/octet-stream')
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff')
  if (found === undefined) return reply.send(await readFile(file))
  return reply.header('content-encoding', found[0]).send(await readFile(file + found[1]))
}
