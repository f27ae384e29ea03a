import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validateOpenMetrics } from '../../server/decode/exposition/open-metrics-validation.ts'
import type { Suite } from './suite.ts'

/** Cases of a text that an OpenMetrics 1.0 parser must accept or reject. */
export const openmetrics: Suite = {
  name: 'openmetrics',
  folder: 'openmetrics/openmetrics/tests/testdata/parsers',
  isIn: (folder) =>
    existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, 'test.json'))),
  run: async (folder) => {
    const faults: string[] = []
    let passed = 0
    for (const name of readdirSync(folder).sort()) {
      if (!existsSync(join(folder, name, 'test.json'))) continue
      const { file, shouldParse } = JSON.parse(readFileSync(join(folder, name, 'test.json'), 'utf8')) as {
        file: string
        shouldParse: boolean
      }
      const fault = rejection(readFileSync(join(folder, name, file)))
      if ((fault === null) === shouldParse) passed += 1
      else
        faults.push(
          `${name}: ${fault === null ? 'accepted, but must be rejected' : `rejected, but must be accepted: ${fault}`}`,
        )
    }
    return { passed, failed: faults.length, faults }
  },
}

function rejection(text: Buffer): string | null {
  try {
    validateOpenMetrics(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
