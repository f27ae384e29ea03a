/**
 * Attribute names that say the same: the present semantic convention first, then the older ones. Stored attributes are
 * never renamed; a question with any name of a row reads all of them. Source: OpenTelemetry semantic conventions 1.43.
 */
const sameAttributes: readonly (readonly string[])[] = [
  ['http.request.method', 'http.method'],
  ['http.response.status_code', 'http.status_code'],
  ['url.full', 'http.url'],
  ['url.path', 'http.target'],
  ['url.scheme', 'http.scheme'],
  ['user_agent.original', 'http.user_agent'],
  ['client.address', 'http.client_ip'],
  ['server.address', 'net.peer.name', 'http.host'],
  ['server.port', 'net.peer.port'],
  ['network.peer.address', 'net.peer.ip', 'net.sock.peer.addr'],
  ['db.system.name', 'db.system'],
  ['db.namespace', 'db.name'],
  ['db.query.text', 'db.statement'],
  ['db.operation.name', 'db.operation'],
  ['db.collection.name', 'db.sql.table', 'db.mongodb.collection'],
  ['messaging.destination.name', 'messaging.destination'],
  ['messaging.operation.type', 'messaging.operation'],
  ['rpc.system.name', 'rpc.system'],
  ['service.peer.name', 'peer.service'],
  ['code.function.name', 'code.function'],
  ['code.file.path', 'code.filepath'],
  ['code.line.number', 'code.lineno'],
]

/** The same for attributes of resources. */
const sameResources: readonly (readonly string[])[] = [['deployment.environment.name', 'deployment.environment']]

/** First parts of names that belong to resources. */
const resourcePrefixes =
  /^(service|k8s|host|cloud|container|process|deployment|telemetry|os|device|faas|webengine|aws|gcp|azure|heroku)\./

/** Names of the span or record itself that begin like those of a resource. */
const notResources = new Set(['service.peer.name', 'service.peer.namespace'])

/** All attribute names that a question with `name` reads, the present one first. */
export function attributeNames(name: string): readonly string[] {
  return sameAttributes.find((names) => names.includes(name)) ?? [name]
}

export function resourceNames(name: string): readonly string[] {
  return sameResources.find((names) => names.includes(name)) ?? [name]
}

export function isResourceName(name: string): boolean {
  return resourcePrefixes.test(name) && !notResources.has(name)
}

/** The first of the attributes that say `name`, or ''. */
export function readAttribute(attributes: Readonly<Record<string, string>>, name: string): string {
  for (const key of attributeNames(name)) {
    const value = attributes[key]
    if (value !== undefined && value !== '') return value
  }
  return ''
}
