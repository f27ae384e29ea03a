import { glob, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeTailed } from '../../decode/tail/tail-batch.ts'
import { JournalFull, Overloaded } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import type { ActivePart, ReceiverContext } from '../receiver.ts'
import { type Checkpoint, Checkpoints } from './checkpoints.ts'
import { readTailSettings, type TailRule, type TailSettings } from './tail-settings.ts'
import { type ReadPortion, TailedFile } from './tailed-file.ts'

/** Files that are held open at once; further ones are not followed, and the log says so. */
const maxFiles = 10_000

/** Bytes of files that are stored together at most; one more portion may make it more. */
const maxBatchBytes = 1024 * 1024

/** How long a file that no path leads to any more is held open without new lines, ms: its writer may not know yet. */
const rotatedWaitMs = 5_000

/** Bounds on the wait before lines are offered again that the journal refused, ms. */
const retryMs = { least: 100, most: 5_000 }

/**
 * Follows files: looks for new ones, reads what was added, stores it, then moves the checkpoint. One round after the
 * other; a full journal is waited for, so that nothing is lost and nothing is read twice.
 */
export function createFileTailer(settings: unknown, context: ReceiverContext, receiver: string): ActivePart {
  return new FileTailer(readTailSettings(settings), context, receiver)
}

class FileTailer implements ActivePart {
  readonly name = 'file-tail'
  readonly #context: ReceiverContext
  readonly #receiver: string
  readonly #checkpoints: Checkpoints
  readonly #files = new Map<string, TailedFile>()
  #settings: TailSettings
  #known = new Map<string, Checkpoint>()
  #isFirstLook = true
  #isStopping = false
  #round: Promise<void> = Promise.resolve()
  #wake = (): void => {}
  #problem = ''

  constructor(settings: TailSettings, context: ReceiverContext, receiver: string) {
    this.#settings = settings
    this.#context = context
    this.#receiver = receiver
    this.#checkpoints = new Checkpoints(settings.folder)
  }

  async start(): Promise<void> {
    if (this.#settings.rules.length === 0) return
    this.#known = new Map(this.#checkpoints.load().map((checkpoint) => [checkpoint.identity, checkpoint]))
    this.#round = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake()
    await this.#round
    for (const file of this.#files.values()) await file.close()
    this.#files.clear()
  }

  health() {
    return this.#problem === '' ? { ready: true } : { ready: true, detail: this.#problem }
  }

  targets() {
    return []
  }

  /** Paths and rules may change; files that are open go on by their rules. */
  async reload(settings?: unknown): Promise<void> {
    if (settings !== undefined) this.#settings = readTailSettings(settings)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#look()
        while (!this.#isStopping && (await this.#readAll()));
        this.#problem = ''
      } catch (error) {
        this.#problem = `files cannot be followed: ${(error as Error).message}`
        this.#context.logger.error({ err: error }, 'files cannot be followed')
      }
      if (!this.#isStopping) await this.#pause(this.#settings.pollIntervalMs)
    }
  }

  /** Opens files that are new, closes those that are gone. */
  async #look(): Promise<void> {
    for (const file of this.#files.values()) file.isListed = false
    for (const rule of this.#settings.rules)
      for await (const path of glob([...rule.paths], { exclude: [...rule.exclude] })) await this.#see(path, rule)
    if (this.#isFirstLook) await this.#findRotated()
    this.#isFirstLook = false
    const nowMs = this.#context.clock.nowMs()
    for (const [identity, file] of this.#files)
      if (!file.isListed && nowMs - file.quietSinceMs > rotatedWaitMs) {
        await file.close()
        this.#files.delete(identity)
        this.#known.delete(identity)
      }
  }

  async #see(path: string, rule: TailRule): Promise<void> {
    try {
      const found = await stat(path)
      if (!found.isFile()) return
      const identity = `${found.dev}:${found.ino}`
      const known = this.#files.get(identity)
      if (known !== undefined) {
        if (!known.isListed) known.path = path
        known.isListed = true
      } else await this.#open(path, rule, identity)
    } catch (error) {
      // Gone between the look and the opening; or not ours to read, which stays so.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      this.#context.logger.warn({ err: error, path }, 'a file cannot be followed')
    }
  }

  async #open(path: string, rule: TailRule, identity: string): Promise<void> {
    if (this.#files.size >= maxFiles) {
      this.#context.logger.warn({ path, maxFiles }, 'too many files to follow')
      return
    }
    const checkpoint = this.#known.get(identity)
    const nowMs = this.#context.clock.nowMs()
    const file = await TailedFile.open(path, rule, { checkpoint, fromEnd: rule.fromEnd && this.#isFirstLook, nowMs })
    this.#files.set(file.identity, file)
  }

  /** Files that were renamed while nobody looked, to a name that no rule follows: beside where they were. */
  async #findRotated(): Promise<void> {
    for (const checkpoint of this.#known.values()) {
      if (this.#files.has(checkpoint.identity)) continue
      const rule = this.#settings.rules[0]
      const folder = dirname(checkpoint.path)
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name)
        const found = await stat(path).catch(() => null)
        if (found === null || `${found.dev}:${found.ino}` !== checkpoint.identity) continue
        await this.#open(path, rule, checkpoint.identity)
        const file = this.#files.get(checkpoint.identity)
        if (file !== undefined) file.isListed = false
      }
    }
  }

  /** Reads every file once and stores what came; whether anything did. */
  async #readAll(): Promise<boolean> {
    let portions: ReadPortion[] = []
    let bytes = 0
    let hasRead = false
    for (const file of this.#files.values()) {
      const portion = await file.read(this.#context.clock.nowMs(), this.#settings.pollIntervalMs)
      if (portion === null) continue
      hasRead = true
      portions.push(portion)
      bytes += portion.bytes
      if (bytes < maxBatchBytes) continue
      await this.#store(portions, bytes)
      portions = []
      bytes = 0
    }
    if (portions.length > 0) await this.#store(portions, bytes)
    return hasRead
  }

  /** Stores portions and moves their files on; leaves both alone where it is stopped meanwhile. */
  async #store(portions: readonly ReadPortion[], receivedBytes: number): Promise<void> {
    const { sink, clock, logger } = this.#context
    while (!this.#isStopping)
      try {
        const about = { tenant: defaultTenant, receiver: this.#receiver, receivedBytes }
        await sink.append(decodeTailed(portions, clock.nowMs(), about))
        for (const portion of portions) portion.confirm()
        this.#save()
        return
      } catch (error) {
        const isKnown = error instanceof JournalFull || error instanceof Overloaded
        if (!isKnown) logger.error({ err: error }, 'lines of files could not be stored')
        this.#problem = `lines wait: ${(error as Error).message}`
        const waitMs = isKnown ? error.retryAfterMs : retryMs.most
        await this.#pause(Math.min(retryMs.most, Math.max(retryMs.least, waitMs)))
      }
  }

  #save(): void {
    for (const file of this.#files.values()) this.#known.set(file.identity, file.checkpoint())
    this.#checkpoints.save([...this.#known.values()])
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }
}
