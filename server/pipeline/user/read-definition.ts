import { Lexer, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import type { PipelineFault } from '../../model/setup/log-pipelines.ts'
import { nearest } from '../../runtime/config/nearest.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { stages } from '../stages/registry.ts'
import { type PipelineDefinition, pipelineDefinitionSchema, stageSchemaOf } from './definition.ts'

export type ReadDefinition = { readonly definition: PipelineDefinition } | { readonly faults: readonly PipelineFault[] }

/** Reads a pipeline from YAML or JSON text (JSON is YAML too). Never throws. */
export function readDefinitionText(text: string): ReadDefinition {
  const value = readYaml(text)
  return 'faults' in value ? value : readDefinition(value.value)
}

/** The value that YAML text stands for, at most `definitionBytes` of it. Never throws. */
export function readYaml(text: string): { readonly value: unknown } | { readonly faults: readonly PipelineFault[] } {
  if (Buffer.byteLength(text) > pipelineBounds.definitionBytes)
    return {
      faults: [{ path: 'body', message: `is longer than the ${pipelineBounds.definitionBytes} bytes that are read` }],
    }
  if (isTooDeep(text))
    return { faults: [{ path: 'body', message: `is nested deeper than the ${maxDepth} levels that are read` }] }
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
    const [error] = document.errors
    if (error === undefined) return { value: document.toJS() as unknown }
    const { line, col } = lines.linePos(error.pos[0])
    return { faults: [{ path: `line ${line}, column ${col}`, message: `this is not YAML: ${error.message}` }] }
  } catch (error) {
    // Aliases that would unfold to more than the library allows.
    return { faults: [{ path: 'body', message: `this is not YAML that can be read: ${(error as Error).message}` }] }
  }
}

/** Lists and maps within one another; stages have 6. The library follows them as deep as the machine's stack is. */
const maxDepth = 64
/** Blanks in front of a line, which make levels as well. */
const maxIndent = 512
/** Begins the text of a scalar, as the lexer marks it. */
const scalarMark = '\u001f'

function isTooDeep(text: string): boolean {
  let brackets = 0
  let indicators = 0
  let before = '\n'
  for (const token of new Lexer().lex(text)) {
    if (before !== scalarMark) {
      if (token === '{' || token === '[') brackets += 1
      else if (token === '}' || token === ']') brackets -= 1
      // `- - -` and `? ? ?` are levels on one line.
      else if (token === '-' || token === '?') indicators += 1
      else if (token.startsWith('\n') || token.startsWith('\r')) indicators = 0
      else if (before.startsWith('\n') && token.startsWith(' ') && token.length > maxIndent) return true
      if (Math.max(brackets, indicators) > maxDepth) return true
    }
    before = token
  }
  return false
}

/** Addresses beside those of pipelines: `/api/pipelines/stages`. */
const reservedNames: ReadonlySet<string> = new Set(['stages', 'dry-run'])

/** Reads a pipeline from a value as JSON or YAML gives it. Never throws. */
export function readDefinition(value: unknown): ReadDefinition {
  const parsed = pipelineDefinitionSchema.safeParse(value)
  if (parsed.success && reservedNames.has(parsed.data.name))
    return {
      faults: [{ path: 'name', message: `${parsed.data.name} is an address of the API; expected another name` }],
    }
  if (parsed.success) return { definition: parsed.data as PipelineDefinition }
  return { faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, value)) }
}

function faultsOf(issue: z.core.$ZodIssue, whole: unknown): readonly PipelineFault[] {
  const path = writtenPath(issue.path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.path, whole))
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type') return [unknownStage(path, issue.path, whole)]
  return [{ path: path === '' ? 'body' : path, message: lowered(issue.message) }]
}

function unknownStage(path: string, at: readonly PropertyKey[], whole: unknown): PipelineFault {
  const names = stages.map(({ name }) => name)
  const written = valueAt(whole, at)
  if (typeof written !== 'string') return { path, message: `is missing; expected one of ${names.join(', ')}` }
  const meant = nearest(written, names)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return { path, message: `there is no stage ${JSON.stringify(written)}: expected one of ${names.join(', ')}${hint}` }
}

function unknownKey(key: string, at: readonly PropertyKey[], whole: unknown): PipelineFault {
  const known = keysAt(at, whole)
  const meant = nearest(key, known)
  const hint = meant === undefined ? `expected ${known.join(', ')}` : `did you mean ${meant}?`
  return { path: writtenPath([...at, key]), message: `is not a setting here; ${hint}` }
}

/** The keys that may stand at a path; of a stage those of its kind. */
function keysAt(at: readonly PropertyKey[], whole: unknown): readonly string[] {
  const [section, index, ...rest] = at
  if (section === undefined) return Object.keys(pipelineDefinitionSchema.shape)
  const stage = stages.find(({ name }) => name === valueAt(whole, [section, index, 'type']))
  if (stage === undefined) return []
  return rest.reduce<readonly string[]>(
    (keys, key) => (typeof key === 'number' ? keys : inner(stage, rest, keys)),
    [...Object.keys(stageSchemaOf(stage).shape)],
  )
}

/** Keys of the object schemas on the way along `path` below a stage. */
function inner(
  stage: (typeof stages)[number],
  path: readonly PropertyKey[],
  fallback: readonly string[],
): readonly string[] {
  let schema: unknown = stageSchemaOf(stage)
  for (const key of path) schema = step(unwrapped(schema), key)
  const { shape } = (unwrapped(schema) ?? {}) as { shape?: object }
  return shape === undefined ? fallback : Object.keys(shape)
}

function step(schema: unknown, key: PropertyKey): unknown {
  const { shape, element } = (schema ?? {}) as { shape?: Record<PropertyKey, unknown>; element?: unknown }
  return typeof key === 'number' ? element : shape?.[key]
}

function unwrapped(schema: unknown): unknown {
  let one = schema as { unwrap?: () => unknown; element?: unknown } | undefined
  while (typeof one?.unwrap === 'function' && one.element === undefined) one = one.unwrap() as typeof one
  return one
}

function valueAt(whole: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], whole)
}

/** `stages[1].when.all[0].field` */
function writtenPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  )
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
