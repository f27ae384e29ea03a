import { Document, isMap, type Pair, type Scalar, stringify, type YAMLMap } from 'yaml'
import type { LoadedConfig } from './load.ts'
import { allSettings } from './schema.ts'
import { maskSecrets } from './secret.ts'

/**
 * The merged configuration as text: YAML with the source of each value as a comment, or JSON with an object
 * `{ value, source, where }` per setting. Secrets are masked. The YAML can be used as `sightline.yaml`, but for them.
 */
export function printConfig(loaded: LoadedConfig, format: 'yaml' | 'json'): string {
  const rows = allSettings.map((setting) => {
    const value = setting.path
      .split('.')
      .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], loaded.config)
    const origin = loaded.origins.get(setting.path) ?? { source: 'default', where: 'default' }
    return { path: setting.path, value: maskSecrets(setting.write(value)), origin }
  })
  if (format === 'json') {
    const entries = rows.map(({ path, value, origin }) => [path, { value, source: origin.source, where: origin.where }])
    return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
  }
  const document = new Document({})
  for (const { path, value, origin } of rows) {
    const keys = path.split('.')
    document.setIn(keys, document.createNode(value, { flow: true }))
    const parent = document.getIn(keys.slice(0, -1)) ?? document.contents
    if (isMap(parent)) comment(parent, keys[keys.length - 1], origin.where)
  }
  return stringify(document, { lineWidth: 0 })
}

function comment(map: YAMLMap, key: string, where: string): void {
  const pair = map.items.find((one) => (one.key as Scalar).value === key || one.key === key) as Pair<unknown, Scalar>
  if (pair?.value) pair.value.comment = ` ${where}`
}
