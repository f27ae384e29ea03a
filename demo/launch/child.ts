import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import type { Addresses, FaultName, FromProcess, ToProcess } from '../process/messages.ts'

/** How a process of the shop is started. */
export interface ChildOptions {
  /** The file it runs, absolute, and its arguments. */
  readonly script: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Limit of its heap, MB: a leak meets it soon, and a dozen processes fit beside other work. */
  readonly heapMb: number
  /** What it writes to standard error (crashes) is appended here. */
  readonly errorFile: string
}

/** A running process of the shop. */
export interface Child {
  readonly pid: number
  /** The port it listens on. Rejects when the process ends before. */
  readonly listening: Promise<number>
  /** Resolves when the process has ended, with the reason in words. */
  readonly exited: Promise<string>
  /** Tells where the others are; resolves when the process is ready. */
  begin(ports: Addresses): Promise<void>
  /** Rejects when the process refuses or ends. */
  switchFault(name: FaultName, active: boolean): Promise<void>
  /** Asks it to end, and kills it after `stopLimitMs`. */
  stop(): Promise<void>
}

/** Longest time a process may take to send its last telemetry and end, ms. */
const stopLimitMs = 4_000

/** Starts a process that ends when this one does. */
export function startChild({ script, args, env, heapMb, errorFile }: ChildOptions): Child {
  const flags = [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=1', '--disable-warning=ExperimentalWarning']
  // Options meant for the parent (a debugger, a test runner's loader) are not for the shop.
  const { NODE_OPTIONS: _options, ...inherited } = process.env
  const child = spawn(process.execPath, [...flags, script, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'ignore', openSync(errorFile, 'a'), 'ipc'],
  })
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  const inbox = new Inbox(child, exited)
  let faults = 0
  return {
    pid: child.pid ?? -1,
    exited,
    listening: inbox.take('listening').then(({ port }) => port),
    async begin(ports) {
      const ready = inbox.take('ready')
      send(child, { kind: 'addresses', ports })
      await ready
    },
    async switchFault(name, active) {
      const id = ++faults
      const switched = inbox.take('fault-switched', (message) => message.id === id)
      send(child, { kind: 'fault', id, name, active })
      const { error } = await switched
      if (error !== undefined) throw new Error(error)
    },
    async stop() {
      send(child, { kind: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
      await exited
      clearTimeout(timer)
    },
  }
}

function send(child: ChildProcess, message: ToProcess): void {
  // A process that has just ended cannot be told anything; whoever waits learns it from `exited`.
  if (child.connected) child.send(message, () => {})
}

type Kind = FromProcess['kind']
type Of<K extends Kind> = Extract<FromProcess, { kind: K }>

/** Waits for messages of a child by kind; rejects when the child ends first. */
class Inbox {
  private readonly child: ChildProcess
  private readonly exited: Promise<string>

  constructor(child: ChildProcess, exited: Promise<string>) {
    this.child = child
    this.exited = exited
  }

  take<K extends Kind>(kind: K, matches: (message: Of<K>) => boolean = () => true): Promise<Of<K>> {
    return new Promise((resolve, reject) => {
      const read = (message: FromProcess) => {
        if (message.kind !== kind || !matches(message as Of<K>)) return
        this.child.off('message', read)
        resolve(message as Of<K>)
      }
      this.child.on('message', read)
      void this.exited.then((reason) => reject(new Error(`the process ended before it answered: ${reason}`)))
    })
  }
}
