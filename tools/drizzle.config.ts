import { defineConfig } from 'drizzle-kit'

/** `drizzle-kit generate --config tools/drizzle.config.ts --name WHAT` writes the migration for a change of tables.ts. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './server/catalog/tables.ts',
  out: './server/catalog/migrations',
})
