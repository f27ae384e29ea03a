import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Bytes below which a compressed copy is not worth a file. */
const compressFromBytes = 1024
const compressible = /\.(js|css|html|svg|json|map)$/

interface WebBuild {
  /** Where the app is written; emptied first. */
  readonly outDir: string
  /** Carries the gallery of components, for development and tests. */
  readonly hasGallery: boolean
}

/** Builds the web app with compressed copies beside each file. Takes some seconds of one core. */
async function buildWeb({ outDir, hasGallery }: WebBuild): Promise<void> {
  // Imported here, because a start of the server that finds the app built must not pay for the bundler.
  const { build } = await import('vite')
  const { default: react } = await import('@vitejs/plugin-react')
  await build({
    root: join(root, 'web'),
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    define: { __GALLERY__: JSON.stringify(hasGallery) },
    build: {
      outDir,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // The query editor is large and comes only with the first editor that is shown.
      chunkSizeWarningLimit: 4000,
    },
  })
  await Promise.all(filesUnder(outDir).filter(isCompressible).map(compress))
}

function isCompressible(file: string): boolean {
  return compressible.test(file) && statSync(file).size >= compressFromBytes
}

async function compress(file: string): Promise<void> {
  const bytes = readFileSync(file)
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }
  writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, quality))
  writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }))
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The built app is there and nothing it was built from is newer. */
function isFresh(outDir: string): boolean {
  const built = join(outDir, 'index.html')
  if (!existsSync(built)) return false
  const builtMs = statSync(built).mtimeMs
  const sources = [
    ...filesUnder(join(root, 'web/src')),
    join(root, 'web/index.html'),
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
  ]
  return sources.every((file) => !existsSync(file) || statSync(file).mtimeMs <= builtMs)
}

// `node tools/build-web.ts [--always] [--gallery] [--out=FOLDER]` builds where the app is missing or older than its sources.
const place = process.argv.find((argument) => argument.startsWith('--out='))?.slice('--out='.length)
const outDir = place ?? join(root, 'web/dist')
if (process.argv.includes('--always') || !isFresh(outDir)) {
  const startedMs = performance.now()
  console.log('Building the web app …')
  await buildWeb({ outDir, hasGallery: process.argv.includes('--gallery') })
  console.log(`Built the web app in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
}
