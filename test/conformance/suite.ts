/** What one suite came to. */
export interface SuiteResult {
  readonly passed: number
  readonly failed: number
  /** One line per failed case. */
  readonly faults: readonly string[]
  /** Sub-totals, e.g. per file; shown with -v. */
  readonly parts?: readonly { readonly name: string; readonly passed: number; readonly failed: number }[]
}

/** Choices of the person who runs the suites. */
export interface SuiteOptions {
  /** Evaluate over samples in memory instead of going through the store. */
  readonly isInMemory: boolean
}

/** A third-party suite that can be run on any folder of its kind. */
export interface Suite {
  readonly name: string
  /** Where it lies below the folder of all suites. */
  readonly folder: string
  /** Whether the given folder holds this suite. */
  isIn(folder: string): boolean
  run(folder: string, options: SuiteOptions): Promise<SuiteResult>
}
