import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { variableOf } from '../server/runtime/config/environment-source.ts'
import { allSettings } from '../server/runtime/config/schema.ts'
import type { Setting } from '../server/runtime/config/setting.ts'
import { pipelineStagesPage } from './pipeline-stages-page.ts'

const introduction = `# Configuration

<!-- Made by tools/generate-reference.ts from server/runtime/config/schema.ts. -->

Nothing needs to be configured. A value comes from the first of these that gives one:

1. a flag: \`sightline start --http.listen=127.0.0.1:9000\`
2. an environment variable: \`SIGHTLINE_HTTP_LISTEN=127.0.0.1:9000\` (\`SIGHTLINE_\`, then the path with \`_\` for
   \`.\` and before each capital: \`journal.maxBytes\` is \`${variableOf('journal.maxBytes')}\`)
3. \`sightline.yaml\` in the working folder, or the file that \`--config\` or \`SIGHTLINE_CONFIG\` names
4. the default

In the file, sections are mappings; \`\${NAME}\` and \`\${NAME:-fallback}\` in a value stand for environment variables,
and \`$\${\` is a plain \`\${\`:

\`\`\`yaml
http:
  listen: 127.0.0.1:9000
postgres:
  url: postgres://sightline:\${PGPASSWORD}@db.internal/sightline
retention:
  logs: 14d
\`\`\`

A wrong key or value stops the start; every fault is shown with its place and, where one is near, the right key.
\`sightline config check\` only looks. \`sightline config print\` shows the merged result with the source of each value
and with secrets masked. Lists in a flag or variable are parted by commas, lists of mappings are JSON.
`

/**
 * Writes the pages of docs/reference that are made from the code. With `--check` nothing is written: the status is
 * 1 where a page is not what the code says.
 */
const pages: readonly { path: string; text: () => string }[] = [
  { path: 'docs/reference/configuration.md', text: configurationPage },
  { path: 'docs/reference/pipeline-stages.md', text: pipelineStagesPage },
]

const isCheck = process.argv.includes('--check')
let stale = 0
for (const page of pages) {
  const text = page.text()
  if (isCheck && text !== readOrEmpty(page.path)) {
    console.error(`${page.path} is not what the code says: run \`node tools/generate-reference.ts\``)
    stale += 1
  }
  if (!isCheck) {
    mkdirSync(dirname(page.path), { recursive: true })
    writeFileSync(page.path, text)
  }
}
process.exit(stale === 0 ? 0 : 1)

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function configurationPage(): string {
  const sections = Map.groupBy(allSettings, (setting) => setting.path.split('.')[0])
  const parts = [...sections].map(([name, settings]) => `## ${name}\n\n${table(settings)}`)
  return `${introduction}\n${parts.join('\n')}`
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map((one) => {
    const secret = one.isSecret ? ' Secret: masked wherever it is shown.' : ''
    return `| \`${one.path}\` | ${code(one.fallback)} | ${cell(one.expected)} | ${cell(one.description)}${secret} |`
  })
  return `| setting | default | value | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function code(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value)
  return text === '' ? 'none' : `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
