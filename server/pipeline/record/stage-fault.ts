/** A stage that cannot be made of its settings: `path` within them, and what was expected. */
export class StageFault extends Error {
  override readonly name = 'StageFault'
  /** e.g. `patterns[0]`. */
  readonly path: string
  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}
