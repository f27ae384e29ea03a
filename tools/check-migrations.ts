import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Fails where tables.ts says something that no migration does: generates into a copy and looks for a new file. */
const source = 'server/catalog/migrations'
const copy = mkdtempSync(join(tmpdir(), 'migrations-'))
try {
  cpSync(source, copy, { recursive: true })
  const schema = ['--dialect', 'postgresql', '--schema', './server/catalog/tables.ts', '--out', copy]
  const { status, stdout, stderr } = spawnSync('drizzle-kit', ['generate', ...schema], { encoding: 'utf8' })
  const added = readdirSync(copy).filter((file) => !readdirSync(source).includes(file))
  if (status !== 0) console.error(stdout + stderr)
  if (added.length > 0)
    console.error(
      'server/catalog/tables.ts has changes without a migration: run `npx drizzle-kit generate --config tools/drizzle.config.ts --name WHAT`',
    )
  process.exitCode = status === 0 && added.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}
