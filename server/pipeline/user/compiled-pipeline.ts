import { type PipelineFault, PipelineFaults, type StageCounts } from '../../model/setup/log-pipelines.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { compileConditions, type Test } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { StageFault } from '../record/stage-fault.ts'
import { stages } from '../stages/registry.ts'
import type { RunStage, StageContext } from '../stages/stage.ts'
import type { PipelineDefinition, StageSettings } from './definition.ts'

/** Attribute that a stage which failed leaves on its line: which stage, and why; of several the first. */
export const failureKey = 'sightline.pipeline.error'

interface CompiledStage {
  readonly type: string
  readonly run: RunStage
  readonly when: Test | null
  readonly onFailure: 'next' | 'end' | 'drop'
  readonly counts: { lines: number; failed: number; ended: number }
}

/** A pipeline, ready for lines. */
export class CompiledPipeline {
  readonly definition: PipelineDefinition
  readonly #stages: readonly CompiledStage[]

  /** Throws: PipelineFaults. */
  constructor(definition: PipelineDefinition, context: StageContext) {
    this.definition = definition
    const faults: PipelineFault[] = []
    this.#stages = definition.stages.flatMap((settings, index) => {
      try {
        return [compileStage(settings, context)]
      } catch (error) {
        if (!(error instanceof StageFault)) throw error
        const path = error.path === '' ? `stages[${index}]` : `stages[${index}].${error.path}`
        faults.push({ path, message: error.message })
        return []
      }
    })
    if (faults.length > 0) throw new PipelineFaults(faults)
  }

  get counts(): readonly StageCounts[] {
    return this.#stages.map(({ type, counts }) => ({ type, ...counts }))
  }

  /** Goes on counting where a pipeline of the same stages has stopped. */
  adopt(before: CompiledPipeline): void {
    for (const [i, { counts }] of this.#stages.entries()) Object.assign(counts, before.#stages[i]?.counts)
  }

  /** Runs the stages over one line, until one of them ends it. `verdict` says whether it did. */
  run(record: LineRecord): void {
    const stages = this.#stages
    for (let i = 0; i < stages.length; i++) {
      this.runStage(record, i)
      if (record.verdict !== 'stays') return
    }
  }

  get stageCount(): number {
    return this.#stages.length
  }

  /** Runs one stage. Never throws: a defect of a stage is a failure like any other. */
  runStage(record: LineRecord, index: number): void {
    const stage = this.#stages[index]
    if (stage.when !== null && !stage.when(record)) return
    stage.counts.lines += 1
    let fault: string | null
    try {
      fault = stage.run(record)
    } catch (error) {
      fault = `a defect of the stage: ${(error as Error).message}`
    }
    if (fault !== null) this.#fail(record, index, fault)
    if (record.verdict !== 'stays') stage.counts.ended += 1
  }

  #fail(record: LineRecord, index: number, fault: string): void {
    const stage = this.#stages[index]
    stage.counts.failed += 1
    if (record.attributes.indexOf(failureKey) === -1) {
      const mark = `${this.definition.name}: stages[${index}] ${stage.type}: ${fault}`
      record.attributes.mark(failureKey, mark.slice(0, pipelineBounds.markLength))
    }
    if (stage.onFailure === 'drop') record.verdict = 'dropped'
    else if (stage.onFailure === 'end') record.verdict = 'left'
  }
}

function compileStage(written: StageSettings, context: StageContext): CompiledStage {
  const { type, when, on_failure: onFailure, ...settings } = written
  const stage = stages.find(({ name }) => name === type)
  if (stage === undefined) throw new StageFault('type', `there is no stage ${type}`)
  return {
    type,
    onFailure,
    when: when === undefined ? null : compileConditions(when, 'when'),
    run: stage.compile(settings, context),
    counts: { lines: 0, failed: 0, ended: 0 },
  }
}
