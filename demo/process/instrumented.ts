import { createRequire } from 'node:module'

/**
 * The modules that the OpenTelemetry instrumentations patch. They are taken by `require`, which is hooked inside the
 * process; hooking `import` needs a loader thread of about 20 MB in every process.
 *
 * Import this only after `startTelemetry`.
 */
const require = createRequire(import.meta.url)

export const http = require('node:http') as typeof import('node:http')
export const pg = require('pg') as typeof import('pg')
export const pino = require('pino') as typeof import('pino')
