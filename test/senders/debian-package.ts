import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How long the installation of a package may take, ms. */
const installTimeoutMs = 180_000

/**
 * Where a program of a Debian package is, once the package is installed: by this call where it is not there yet and
 * this user may. undefined where it cannot be had.
 */
export async function installed(packageName: string, path: string): Promise<string | undefined> {
  if (existsSync(path)) return path
  const options = { timeout: installTimeoutMs, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    await run('apt-get', ['update', '-q'], options)
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', packageName], options)
  } catch {
    return undefined
  }
  return existsSync(path) ? path : undefined
}
