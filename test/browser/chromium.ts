import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian and other systems put it; `SIGHTLINE_CHROMIUM` names another. */
const places = [
  process.env.SIGHTLINE_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The path of a Chromium, installed by apt-get where that can be done; null where there is none. */
export function findChromium(): string | null {
  const found = places.find((place) => place !== undefined && existsSync(place))
  if (found !== undefined) return found
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore', timeout: 300_000 })
  return places.find((place) => place !== undefined && existsSync(place)) ?? null
}

/** A browser with a profile of its own, which is removed when it is closed. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags })
}
