/** A failure that the caller is told about by an HTTP status; anything else that is thrown answers 500. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
