/** One fault of a question: where it stands and what was expected. */
export interface QuestionFault {
  /** e.g. `filters[0].operator`. */
  readonly path: string
  readonly message: string
}

/** The question itself is wrong; asking again does not help. Carries at least one fault. */
export class BadQuestion extends Error {
  override readonly name = 'BadQuestion'
  readonly faults: readonly QuestionFault[]
  constructor(faults: readonly QuestionFault[]) {
    super(faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '))
    this.faults = faults
  }
}

/** What was asked for by its name or id is not stored in this tenant. */
export class NotStored extends Error {
  override readonly name = 'NotStored'
}

export function badQuestion(path: string, message: string): BadQuestion {
  return new BadQuestion([{ path, message }])
}

/** The question would read or hold more than one answer may; narrowing it helps. */
export class TooMuchAsked extends Error {
  override readonly name = 'TooMuchAsked'
}
