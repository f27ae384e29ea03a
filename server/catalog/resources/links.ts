import { createHash } from 'node:crypto'
import { count, eq } from 'drizzle-orm'
import { CatalogRefusal, type ResourceContext } from '../database.ts'
import { links } from '../tables.ts'

/** Short links to views of the web app. A link is never changed and never removed: somebody may have written it down. */
export interface Links {
  /** The id of the link to the path; the same for the same path. Throws: CatalogRefusal where there are too many. */
  keep(path: string, by: string): Promise<string>
  /** Undefined where there is no such link. */
  find(id: string): Promise<string | undefined>
}

/** Links of one platform: at 16 KiB each, some hundred megabytes at most. */
const mostLinks = 20_000
/** Characters of an id: 72 bits, which nobody guesses and no two paths share by chance. */
const idLength = 12

export function linksOf(context: ResourceContext): Links {
  const find = async (id: string) => (await context.database().select().from(links).where(eq(links.id, id)))[0]?.path
  return {
    find,
    async keep(path, by) {
      const id = createHash('sha256').update(path).digest('base64url').slice(0, idLength)
      if ((await find(id)) !== undefined) return id
      const [{ kept }] = await context.database().select({ kept: count() }).from(links)
      if (kept >= mostLinks) throw new CatalogRefusal(`${mostLinks} links are kept already, and no more are`)
      const values = { id, path, createdMs: context.clock.nowMs(), createdBy: by }
      await context.database().insert(links).values(values).onConflictDoNothing()
      return id
    },
  }
}
