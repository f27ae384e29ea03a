import { stringify } from 'yaml'
import { z } from 'zod'
import { grokPatterns } from '../server/pipeline/parse/grok-patterns.ts'
import { pipelineBounds } from '../server/pipeline/record/bounds.ts'
import { conditionGroupSchema } from '../server/pipeline/record/condition.ts'
import { secretKinds } from '../server/pipeline/secrets/secret-kinds.ts'
import { stages } from '../server/pipeline/stages/registry.ts'
import type { Stage, StageExample } from '../server/pipeline/stages/stage.ts'

/** JSON Schema of one setting, as far as the page shows it. */
interface SettingSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SettingSchema[]
  readonly items?: SettingSchema
  readonly additionalProperties?: SettingSchema | boolean
  readonly $ref?: string
  readonly default?: unknown
  readonly description?: string
}

/** `docs/reference/pipeline-stages.md`: every stage with its settings and examples. */
export function pipelineStagesPage(): string {
  const parts = [
    '# Stages of pipelines\n\n<!-- Made by tools/generate-reference.ts from server/pipeline/stages/registry.ts. -->\n',
    'What pipelines are, and how they are set up: [pipelines](../pipelines.md). Every stage may have `when`, conditions on',
    'the lines that it works on, and `on_failure` (`next`, `end` or `drop`), what becomes of a line on which it fails.\n',
    ...stages.map(stageSection),
    conditionsSection(),
    '## Secrets that `redact` knows\n',
    '| kind | looked for unless told otherwise | what it is |\n|---|---|---|',
    ...secretKinds.map((kind) => `| \`${kind.name}\` | ${kind.isDefault ? 'yes' : 'no'} | ${kind.description} |`),
    '\n## Patterns that `grok` knows\n',
    '| name | pattern |\n|---|---|',
    ...Object.entries(grokPatterns).map(([name, pattern]) => `| \`${name}\` | \`${cell(pattern)}\` |`),
    '\n## Bounds\n',
    'A pipeline beyond one of them is refused; a line beyond one is marked as failed and passed on.\n',
    '| bound | value |\n|---|---|',
    ...Object.entries(pipelineBounds).map(([name, value]) => `| \`${name}\` | ${value} |`),
  ]
  return `${parts.join('\n')}\n`
}

function conditionsSection(): string {
  const { $defs = {} } = z.toJSONSchema(conditionGroupSchema, { io: 'input' }) as {
    $defs?: Record<string, { properties?: Record<string, SettingSchema> }>
  }
  const tests = Object.entries($defs.PipelineCondition?.properties ?? {}).map(
    ([name, schema]) => `| \`${name}\` | ${kindOf(schema)} | ${cell(schema.description ?? '')} |`,
  )
  const words =
    '`match` and every `when` have `all`, `any` and `none`, each a list of conditions. A condition names a field and tests it; all tests of one condition must hold.'
  return `## Conditions\n\n${words}\n\n| test | kind | |\n|---|---|---|\n${tests.join('\n')}\n`
}

function stageSection(stage: Stage): string {
  const { properties = {}, required = [] } = z.toJSONSchema(stage.schema, { io: 'input' }) as {
    properties?: Record<string, SettingSchema>
    required?: readonly string[]
  }
  const rows = Object.entries(properties).map(([name, schema]) => {
    const fallback = required.includes(name) ? 'needed' : written(schema.default)
    return `| \`${name}\` | ${kindOf(schema)} | ${cell(fallback)} | ${cell(schema.description ?? '')} |`
  })
  const table = rows.length === 0 ? '' : `| setting | kind | default | |\n|---|---|---|---|\n${rows.join('\n')}\n\n`
  return `## ${stage.name}\n\n${stage.summary}\n\n${table}${stage.examples.map((one) => example(stage, one)).join('\n')}`
}

function written(value: unknown): string {
  if (value === undefined) return ''
  const text = JSON.stringify(value)
  return text.length > 60 ? 'see below' : `\`${text}\``
}

function kindOf(schema: SettingSchema): string {
  if (schema.$ref !== undefined) return 'conditions'
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(kindOf).join(' or ')
  if (schema.type === 'array') return `list of ${kindOf(schema.items ?? {})}`
  if (schema.type !== 'object') return schema.type ?? 'conditions'
  const { additionalProperties } = schema
  return typeof additionalProperties === 'object' ? `names, each with a ${kindOf(additionalProperties)}` : 'conditions'
}

function example(stage: Stage, { settings, before, after }: StageExample): string {
  const yaml = stringify([{ type: stage.name, ...settings }], { lineWidth: 110 }).trimEnd()
  const result = typeof after === 'string' ? `# ${fates[after]}` : comment('after', after)
  return `\`\`\`yaml\n${yaml}\n${comment('before', before)}\n${result}\n\`\`\`\n`
}

const fates = {
  dropped: 'the line is left out',
  sampled: 'the line is left out',
  left: 'the line leaves the pipeline as it is',
} as const

function comment(when: string, line: object): string {
  return `# ${when}: ${JSON.stringify(line)}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
