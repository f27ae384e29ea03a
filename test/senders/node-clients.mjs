import { createRequire } from 'node:module'
import { join } from 'node:path'

/*
 * Client libraries for Node, each telling the same little story: `node-clients.mjs CLIENT FOLDER URL`, where FOLDER is
 * where it is installed. Ids that it has made are printed as JSON.
 */

const [client, folder, url] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const passed = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const stories = {
  async elasticsearch() {
    const { Client } = require('@elastic/elasticsearch')
    const client = new Client({ node: `${url}/elasticsearch` })
    const orders = Array.from({ length: 25 }, (_, i) => ({
      '@timestamp': new Date().toISOString(),
      message: `order ${i}`,
      log: { level: 'warn' },
      service: { name: 'node-elasticsearch' },
      labels: { number: i },
    }))
    const { total, failed, successful } = await client.helpers.bulk({
      datasource: orders,
      onDocument: () => ({ create: { _index: 'logs-shop-default' } }),
    })
    await client.close()
    return { total, failed, successful }
  },

  async loki() {
    const winston = require('winston')
    const LokiTransport = require('winston-loki')
    const faults = []
    const transport = new LokiTransport({
      host: url,
      labels: { service_name: 'node-loki' },
      // Protobuf wants a library with an install script.
      json: true,
      batching: false,
      onConnectionError: (error) => faults.push(String(error)),
    })
    const logger = winston.createLogger({ transports: [transport] })
    for (let i = 0; i < 5; i++) logger.warn(`order ${i}`)
    await passed(1_500)
    return { faults }
  },

  async zipkin() {
    const { Tracer, BatchRecorder, ExplicitContext, jsonEncoder, Annotation } = require('zipkin')
    const { HttpLogger } = require('zipkin-transport-http')
    const endpoint = `${url}/api/v2/spans`
    const logger = new HttpLogger({ endpoint, jsonEncoder: jsonEncoder.JSON_V2, httpInterval: 100 })
    const recorder = new BatchRecorder({ logger })
    const tracer = new Tracer({ ctxImpl: new ExplicitContext(), recorder, localServiceName: 'node-zipkin' })
    const id = tracer.createRootId()
    tracer.scoped(() => {
      tracer.setId(id)
      tracer.recordServiceName('node-zipkin')
      tracer.recordRpc('get /cart')
      tracer.recordBinary('http.path', '/cart')
      tracer.recordAnnotation(new Annotation.ServerRecv())
      tracer.recordMessage('retry')
      tracer.recordAnnotation(new Annotation.ServerSend())
    })
    await passed(1_500)
    return { traceId: id.traceId }
  },

  async jaeger() {
    const { initTracer } = require('jaeger-client')
    const tracer = initTracer({
      serviceName: 'node-jaeger',
      sampler: { type: 'const', param: 1 },
      reporter: { collectorEndpoint: `${url}/api/traces`, flushIntervalMs: 100 },
    })
    const parent = tracer.startSpan('GET /cart')
    parent.setTag('span.kind', 'server')
    const child = tracer.startSpan('SELECT', { childOf: parent })
    child.setTag('error', true)
    child.log({ event: 'retry', attempt: 2 })
    child.finish()
    parent.finish()
    await new Promise((resolve) => tracer.close(resolve))
    return { traceId: parent.context().traceIdStr }
  },

  async influx() {
    const { InfluxDB, Point } = require('@influxdata/influxdb-client')
    const writer = new InfluxDB({ url }).getWriteApi('any', 'telegraf', 'ms')
    for (let i = 0; i < 3; i++)
      writer.writePoint(
        new Point('cart').tag('service_name', 'node-influx').tag('shop', 'a b').floatField('total', 4.5),
      )
    await writer.close()
    return {}
  },

  async datadog() {
    process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false'
    process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false'
    const tracer = require('dd-trace').init({ url, service: 'node-datadog', flushInterval: 100, startupLogs: false })
    const parent = tracer.startSpan('web.request', { tags: { 'resource.name': 'GET /cart', 'span.kind': 'server' } })
    const child = tracer.startSpan('sql.query', { childOf: parent, tags: { error: true } })
    child.finish()
    parent.finish()
    await passed(2_500)
    return { traceId: parent.context().toTraceId(true) }
  },
}

const story = await stories[client]().catch((error) => {
  console.error(`${client}: ${error.message.split('\n')[0]}`)
  process.exit(1)
})
console.log(JSON.stringify(story))
process.exit(0)
