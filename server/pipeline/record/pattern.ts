import { RE2JS } from 're2js'
import { pipelineBounds } from './bounds.ts'
import { StageFault } from './stage-fault.ts'

/** A compiled pattern and the places of its named captures. */
export interface Pattern {
  readonly expression: RE2JS
  readonly captures: readonly { readonly name: string; readonly group: number }[]
}

/**
 * Compiles a regular expression as RE2 takes it: any pattern runs in time proportional to the text.
 * `maxLength` is for patterns that were put together from shorter ones. Throws: StageFault.
 */
export function compilePattern(text: string, path: string, maxLength: number = pipelineBounds.patternLength): Pattern {
  if (text.length > maxLength)
    throw new StageFault(path, `the pattern has ${text.length} characters; expected at most ${maxLength}`)
  const expression = compile(text, path)
  const instructions = expression.programSize()
  if (instructions > pipelineBounds.patternInstructions)
    throw new StageFault(
      path,
      `the pattern becomes ${instructions} instructions; expected at most ${pipelineBounds.patternInstructions}: repeat less`,
    )
  const groups = expression.groupCount()
  if (groups > pipelineBounds.captures)
    throw new StageFault(path, `the pattern has ${groups} captures; expected at most ${pipelineBounds.captures}`)
  const captures = Object.entries(expression.namedGroups()).map(([name, group]) => ({ name, group }))
  return { expression, captures: captures.sort((a, b) => a.group - b.group) }
}

function compile(text: string, path: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    throw new StageFault(
      path,
      `${(error as Error).message}; expected a regular expression of RE2 (no look-around, no back references)`,
    )
  }
}
