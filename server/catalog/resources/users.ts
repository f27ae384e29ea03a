import { asc, count, eq } from 'drizzle-orm'
import { CatalogRefusal, NameTaken, type ResourceContext } from '../database.ts'
import { users } from '../tables.ts'
import { record } from './audit-records.ts'

export type User = typeof users.$inferSelect

/** What may be said about a user. */
export interface UserDraft {
  readonly name: string
  readonly displayName?: string
  readonly email?: string
  readonly role: User['role']
}

/** The people who sign in. `by` is the name of the principal, for the audit record. */
export interface Users {
  list(): Promise<readonly User[]>
  count(): Promise<number>
  find(name: string): Promise<User | undefined>
  /** Throws: NameTaken; CatalogRefusal where the name is not valid. */
  create(draft: UserDraft, by: string): Promise<User>
  remove(name: string, by: string): Promise<boolean>
}

/** Also covers mail addresses; no control characters, no blanks at the ends. */
const userName = /^[\p{L}\p{N}][\p{L}\p{N} _.@+-]{0,148}(?<! )$/u

export function usersOf(context: ResourceContext): Users {
  return {
    list: async () => context.database().select().from(users).orderBy(asc(users.name)),
    count: async () => (await context.database().select({ all: count() }).from(users))[0].all,
    find: async (name) => (await context.database().select().from(users).where(eq(users.name, name)))[0],
    create: (draft, by) => createUser(context, draft, by),
    remove: (name, by) => removeUser(context, name, by),
  }
}

async function createUser(context: ResourceContext, draft: UserDraft, by: string): Promise<User> {
  if (!userName.test(draft.name))
    throw new CatalogRefusal(
      `${JSON.stringify(draft.name)} cannot be a user's name: expected 1 to 149 letters, digits, blanks or "_.@+-"`,
    )
  const user = await context.database().transaction(async (transaction) => {
    const values = { ...draft, createdMs: context.clock.nowMs() }
    const [added] = await transaction.insert(users).values(values).onConflictDoNothing().returning()
    if (added === undefined) throw new NameTaken(`there is a user called ${draft.name} already`)
    const act = { principal: by, action: 'user.create', subject: draft.name, detail: { role: draft.role } }
    await record(transaction, values.createdMs, act)
    return added
  })
  await context.changed()
  return user
}

async function removeUser(context: ResourceContext, name: string, by: string): Promise<boolean> {
  const removed = await context.database().transaction(async (transaction) => {
    const rows = await transaction.delete(users).where(eq(users.name, name)).returning({ id: users.id })
    if (rows.length === 0) return false
    await record(transaction, context.clock.nowMs(), { principal: by, action: 'user.remove', subject: name })
    return true
  })
  await context.changed()
  return removed
}
