import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Longest source file, lines. Tests, generated files and SQL may be longer. */
const maxFileLines = 400
/** Most source files in one folder; registry folders grow with their entries. */
const maxFolderFiles = 20
const registryFolders = /(protocols|discovery|notify|functions|panels|pages)$/
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|d|config))*\.(ts|tsx|sql)$/

/** Files allowed to be longer, each with its reason. The list may only shrink. */
const exceptions: Readonly<Record<string, string>> = {}

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.sql'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter(
    (file) =>
      file !== '' && !file.includes('/generated/') && !file.includes('/fixtures/') && !file.includes('/migrations/'),
  )

const faults: string[] = []
const folders = new Map<string, number>()
for (const file of files) {
  if (!kebab.test(basename(file))) faults.push(`${file}: file names are kebab-case`)
  if (/\.(test|bench)\.tsx?$|\.sql$/.test(file)) continue
  const folder = dirname(file)
  folders.set(folder, (folders.get(folder) ?? 0) + 1)
  const lines = readFileSync(file, 'utf8').split('\n').length - 1
  if (lines > maxFileLines && exceptions[file] === undefined)
    faults.push(`${file}: ${lines} lines, at most ${maxFileLines}`)
}
for (const [folder, count] of folders)
  if (count > maxFolderFiles && !registryFolders.test(folder))
    faults.push(`${folder}: ${count} files, at most ${maxFolderFiles}`)

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
