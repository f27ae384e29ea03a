import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The user that PostgreSQL runs as where we are root, which it refuses to be. */
export interface OtherIdentity {
  readonly uid: number
  readonly gid: number
  /**
   * Put before a command: drops to the user but keeps the one right to pass folders that only root may enter, such
   * as /root. Empty where every folder on the way can be passed without.
   */
  readonly prefix: readonly string[]
}

/** Accounts to run as, the fittest first; one of them exists on practically every system. */
const candidates = ['postgres', '_postgres', 'nobody', 'daemon']

/**
 * Whom PostgreSQL is to run as, and how it gets to these paths. Undefined where we are not root.
 * `owned` is a folder that it owned before, if there is one: its owner stays.
 */
export function findOtherIdentity(owned: string, paths: readonly string[]): OtherIdentity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const user = ownerOf(owned) ?? accountOf()
  const closed = paths.map((path) => closedFolder(resolve(path), user)).find((path) => path !== undefined)
  return { ...user, prefix: closed === undefined ? [] : prefixFor(user, closed) }
}

interface Account {
  readonly uid: number
  readonly gid: number
}

function ownerOf(folder: string): Account | undefined {
  if (!existsSync(folder)) return undefined
  const { uid, gid } = statSync(folder)
  return uid === 0 ? undefined : { uid, gid }
}

function accountOf(): Account {
  const number = (flag: string, name: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString())
  for (const name of candidates) {
    try {
      const uid = number('-u', name)
      if (uid > 0) return { uid, gid: number('-g', name) }
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error(
    `the embedded PostgreSQL does not run as root, and no account to run it as was found (${candidates.join(', ')}). Expected: Sightline is started by another user, or postgres.url names a PostgreSQL`,
  )
}

/** The first folder on the way to `path`, itself included, that the account may not enter. */
function closedFolder(path: string, account: Account): string | undefined {
  const parent = dirname(path)
  const above = parent === path ? undefined : closedFolder(parent, account)
  if (above !== undefined || !existsSync(path)) return above
  const entry = statSync(path)
  return !entry.isDirectory() || mayEnter(entry, account) ? undefined : path
}

function mayEnter(entry: Stats, account: Account): boolean {
  if (entry.uid === account.uid) return (entry.mode & 0o100) !== 0
  if (entry.gid === account.gid) return (entry.mode & 0o010) !== 0
  return (entry.mode & 0o001) !== 0
}

/** Bits of Linux capabilities that pass closed folders; the lesser right first. Source: linux/capability.h. */
const passing: readonly [bit: number, name: string][] = [
  [2, 'dac_read_search'],
  [1, 'dac_override'],
]
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv']

function prefixFor(account: Account, closed: string): readonly string[] {
  const program = setpriv.find((path) => existsSync(path))
  const right = passing.find(([bit]) => hasCapability(bit))?.[1]
  if (program === undefined || right === undefined)
    throw new Error(
      `the embedded PostgreSQL does not run as root, and the account it runs as (uid ${account.uid}) may not enter ${closed}. Expected: data.folder and the installation in folders that others may enter (chmod o+x), Sightline started by another user, or postgres.url`,
    )
  const user = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  return [program, ...user, `--inh-caps=-all,+${right}`, `--ambient-caps=-all,+${right}`, '--']
}

function hasCapability(bit: number): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))
    return effective !== null && (BigInt(`0x${effective[1]}`) >> BigInt(bit)) % 2n === 1n
  } catch {
    return false
  }
}
