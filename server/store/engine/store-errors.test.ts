import { describe, expect, it } from 'vitest'
import {
  QueryCancelled,
  QueryDeadline,
  QueryLimitExceeded,
  StoreError,
  StoreUnavailable,
  storeErrorOf,
} from './store-errors.ts'

const cases: readonly [code: number, message: string, wanted: typeof StoreError, retryable: boolean][] = [
  [62, 'Syntax error', StoreError, false],
  [158, 'Limit for rows exceeded', QueryLimitExceeded, false],
  [159, 'Timeout exceeded: elapsed 2 s', QueryDeadline, false],
  [202, 'Too many simultaneous queries', StoreUnavailable, true],
  [241, 'Query memory limit exceeded', QueryLimitExceeded, false],
  [241, '(total) memory limit exceeded', StoreUnavailable, true],
  [252, 'Too many parts', StoreUnavailable, true],
  [394, 'Query was cancelled', QueryCancelled, false],
  [396, 'Limit for result exceeded', QueryLimitExceeded, false],
]

describe('storeErrorOf', () => {
  it.each(cases)('%i %s', (code, message, wanted, retryable) => {
    const error = storeErrorOf({ code, message })
    expect(error.constructor).toBe(wanted)
    expect(error).toMatchObject({ code, message, retryable, name: wanted.name })
  })
})
