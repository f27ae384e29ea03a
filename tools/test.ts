import { spawnSync } from 'node:child_process'

/** `npm test [-- vitest arguments]`: every test of the project; the last line is `N passed, N failed, N skipped`. */
const result = spawnSync('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(result.status ?? 1)
