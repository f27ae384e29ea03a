/**
 * The noisy neighbour: a report that computes without pause on the CPU that inventory needs. It is not part of the
 * shop and sends no traces; its Prometheus metrics show what it takes.
 *
 * Environment: `SHOP_WORKERS` (threads that compute), `SHOP_PORT` (after a restart).
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { followLauncher } from '../process/launcher-link.ts'

/** Plain JavaScript: a thread's code from a string is not stripped of types. */
const computing = 'for (let sum = 0; ; ) sum = Math.sqrt(sum + 1)'

const registry = new Registry()
collectDefaultMetrics({ register: registry })
const server = createServer((_request, response) => {
  void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text))
})
server.listen(Number(process.env.SHOP_PORT ?? 0), '127.0.0.1', () => {
  followLauncher((server.address() as AddressInfo).port, {
    begin: () => {
      for (let i = Number(process.env.SHOP_WORKERS ?? 3); i > 0; i--) new Worker(computing, { eval: true })
    },
  })
})
