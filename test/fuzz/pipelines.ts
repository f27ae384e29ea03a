import { Buffer } from 'node:buffer'
import { decodeHecRaw } from '../../server/decode/splunk/hec-events.ts'
import { PipelineFaults } from '../../server/model/setup/log-pipelines.ts'
import { DecodeError } from '../../server/model/sink.ts'
import { CompiledPipeline } from '../../server/pipeline/user/compiled-pipeline.ts'
import { pipelineOf, stageContext } from '../../server/pipeline/user/pipelines-suite.ts'
import { readDefinitionText } from '../../server/pipeline/user/read-definition.ts'
import { runPipelines } from '../../server/pipeline/user/run-pipelines.ts'
import type { FuzzTarget, World } from './target.ts'

/* What users write into pipelines, and the lines that run through them. */

type Open = FuzzTarget['open']
type Stage = Readonly<Record<string, unknown>>

/** Columns of the pipeline that takes rows apart. */
const columns = ['level', 'service', 'user', 'text']
/** Patterns become a stage in so many ways that an input's length chooses from. */
const patternStages: readonly ((pattern: string) => Stage)[] = [
  (pattern) => ({ type: 'grok', patterns: [pattern] }),
  (pattern) => ({ type: 'grok', patterns: ['%{OWN:found}'], definitions: { OWN: pattern } }),
]

/** A line with a pattern and behind it the lines that it is tried on. */
const patternAndLines =
  (stageOf: (pattern: string, length: number) => Stage): Open =>
  (world) =>
  (input) => {
    const end = input.indexOf(0x0a)
    const pattern = input.toString('utf8', 0, end < 0 ? input.length : end)
    const lines = end < 0 ? input.subarray(input.length) : input.subarray(end + 1)
    return run(world, compiled([stageOf(pattern, input.length)]), lines)
  }

/** Lines that run through stages that are always the same. */
const lines =
  (stages: readonly Stage[]): Open =>
  (world) => {
    const pipeline = pipelineOf(stages)
    return (input) => run(world, pipeline, input)
  }

export const grok = patternAndLines((pattern, length) => patternStages[length % patternStages.length](pattern))
export const regex = patternAndLines((pattern) => ({ type: 'regex', pattern }))
export const dissect = patternAndLines((pattern) => ({ type: 'dissect', pattern, append_separator: ' ' }))
export const logfmt = lines([{ type: 'logfmt' }])
export const json = lines([{ type: 'json' }])
export const csv = lines([{ type: 'csv', columns, exact: false }])
export const redact = lines([{ type: 'redact' }])

/** A whole definition as people write it, run over some lines. */
export const definition: Open = (world) => (input) => {
  const read = readDefinitionText(input.toString('utf8'))
  if ('faults' in read) throw refusal(read.faults)
  try {
    return run(world, new CompiledPipeline(read.definition, stageContext()), sampleLines)
  } catch (error) {
    throw error instanceof PipelineFaults ? refusal(error.faults) : error
  }
}

const sampleLines = Buffer.from('{"level":"warn","order":17}\norder=17 user=ann took 0.5 s\n10.0.0.1 GET /cart 200\n')
const hecSource = { host: '', source: '', sourcetype: '', index: '' }

function run({ context, nowMs }: World, pipeline: CompiledPipeline, text: Buffer) {
  const { batch } = decodeHecRaw(text, hecSource, context)
  return runPipelines(batch, { pipelines: [pipeline], nowMs }).batch
}

/** Throws: DecodeError where the stages cannot be made. */
function compiled(stages: readonly Stage[]): CompiledPipeline {
  try {
    return pipelineOf(stages)
  } catch (error) {
    if (error instanceof PipelineFaults) throw refusal(error.faults)
    // What `pipelineOf` says of a definition that is none.
    if (error instanceof Error && error.message.startsWith('[{"path"')) throw new DecodeError(error.message, 'stages')
    throw error
  }
}

function refusal(faults: readonly { readonly path: string; readonly message: string }[]): DecodeError {
  if (faults.length === 0) throw new Error('a definition is refused without a fault')
  return new DecodeError(faults.map(({ path, message }) => `${path}: ${message}`).join('; '), 'definition')
}
