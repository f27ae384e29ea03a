import { fileURLToPath } from 'node:url'
import { runShop } from './command-line.ts'

export { type Progress, type Shop, type ShopOptions, startShop } from './launch/start-shop.ts'

// Run as a program and not imported.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runShop(process.argv.slice(2)).catch((error: Error) => {
    console.error(`The shop cannot start: ${error.message}`)
    process.exit(1)
  })
}
