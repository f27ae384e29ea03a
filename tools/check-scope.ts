import { execFileSync } from 'node:child_process'

/**
 * A Scope is the right to read a tenant's rows. Only `server/access` may make one: a cast to Scope or a
 * `TenantId` made from a number anywhere else would be a forged right.
 */
const rules: readonly { pattern: string; allowed: RegExp; why: string }[] = [
  {
    pattern: String.raw`as (unknown as )?Scope\b`,
    allowed: /^server\/access\/|^bench\/|\.test\.ts$|-suite\.ts$/,
    why: 'only access makes a Scope',
  },
  {
    pattern: String.raw`as TenantId\b`,
    allowed: /^server\/(model|access|catalog)\/|^server\/journal\/|\.test\.ts$|-suite\.ts$|^(bench|test|tools)\//,
    why: 'tenant numbers come from model, catalog and the journal',
  },
]

let faults = 0
for (const rule of rules) {
  const found = search(rule.pattern)
  for (const line of found) {
    if (rule.allowed.test(line.split(':')[0])) continue
    console.error(`${line.trim()}\n  ${rule.why}`)
    faults += 1
  }
}
process.exit(faults === 0 ? 0 : 1)

function search(pattern: string): string[] {
  try {
    const out = execFileSync('git', ['grep', '-nE', '--untracked', pattern, '--', '*.ts', '*.tsx'], {
      encoding: 'utf8',
    })
    return out.split('\n').filter((line) => line !== '' && !line.startsWith('tools/check-scope.ts'))
  } catch {
    return []
  }
}
