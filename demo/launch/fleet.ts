import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Addresses, FaultName } from '../process/messages.ts'
import { type Child, startChild } from './child.ts'

/** One kind of process in the shop. */
export interface MemberSpec {
  readonly name: string
  /** The file it runs, relative to the folder of the shop, and its arguments. */
  readonly script: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly heapMb?: number
}

/** A member that runs. */
export interface Member {
  readonly name: string
  readonly pid: number
  /** 0 when it does not listen. */
  readonly port: number
}

/** What is told about the members while they come and go. */
export interface FleetEvents {
  onUp(member: Member): void
  /** A member ended though nobody asked it to; it is started again. */
  onCrash(name: string, reason: string): void
}

interface FleetOptions extends FleetEvents {
  readonly env: Readonly<Record<string, string>>
  /** For files that members write. */
  readonly folder: string
}

interface Running {
  readonly spec: MemberSpec
  child: Child
  port: number
  readonly faults: Set<FaultName>
  /** Set while the end of the process is wanted. */
  leaving: boolean
}

const defaultHeapMb = 64
/** Pause before a crashed member is started again, ms. */
const restartPauseMs = 1_000
const demoFolder = fileURLToPath(new URL('..', import.meta.url))

/** The processes of the shop: started together, kept alive, reached by name. */
export class Fleet {
  private readonly options: FleetOptions
  private readonly running = new Map<string, Running>()
  private stopping = false

  constructor(options: FleetOptions) {
    this.options = options
  }

  /** Starts members side by side; resolves when all are ready. Rejects when one of them ends before. */
  async start(specs: readonly MemberSpec[]): Promise<void> {
    const fresh = specs.map((spec) => this.spawn(spec))
    await Promise.all(fresh.map(async (member) => (member.port = await member.child.listening)))
    await Promise.all(fresh.map((member) => this.introduce(member)))
  }

  get members(): Member[] {
    return [...this.running.values()].map(({ spec, child, port }) => ({ name: spec.name, pid: child.pid, port }))
  }

  /** Makes a fault real in a member, now and after each of its restarts, until it is switched off. */
  async switchFault(name: string, fault: FaultName, active: boolean): Promise<void> {
    const member = this.member(name)
    if (active) member.faults.add(fault)
    else member.faults.delete(fault)
    await member.child.switchFault(fault, active)
  }

  /** Replaces a member by one with another environment on the same port, as a deploy does. */
  async deploy(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    const member = this.member(name)
    member.leaving = true
    await member.child.stop()
    await this.restart(member, env)
  }

  /** Ends a member for good. */
  async remove(name: string): Promise<void> {
    const member = this.running.get(name)
    if (member === undefined) return
    member.leaving = true
    this.running.delete(name)
    await member.child.stop()
  }

  /** Ends all members. Never rejects. */
  async stop(): Promise<void> {
    this.stopping = true
    await Promise.allSettled([...this.running.values()].map(({ child }) => child.stop()))
    this.running.clear()
  }

  private member(name: string): Running {
    const member = this.running.get(name)
    if (member === undefined) throw new Error(`no process of the shop is called ${name}`)
    return member
  }

  private spawn(spec: MemberSpec): Running {
    const member: Running = { spec, child: this.launch(spec, {}), port: 0, faults: new Set(), leaving: false }
    this.running.set(spec.name, member)
    this.watch(member)
    return member
  }

  private launch(spec: MemberSpec, env: Readonly<Record<string, string>>): Child {
    return startChild({
      script: join(demoFolder, spec.script),
      args: spec.args ?? [],
      env: { ...this.options.env, ...spec.env, ...env },
      heapMb: spec.heapMb ?? defaultHeapMb,
      errorFile: join(this.options.folder, `${spec.name}.stderr.txt`),
    })
  }

  private async introduce(member: Running): Promise<void> {
    await member.child.begin(this.ports())
    for (const fault of member.faults) await member.child.switchFault(fault, true)
    this.options.onUp({ name: member.spec.name, pid: member.child.pid, port: member.port })
  }

  private ports(): Addresses {
    return Object.fromEntries([...this.running].map(([name, { port }]) => [name, port]))
  }

  private watch(member: Running): void {
    const { child } = member
    void child.exited.then(async (reason) => {
      if (this.stopping || member.leaving || member.child !== child) return
      this.options.onCrash(member.spec.name, reason)
      // Not ready yet: whoever starts it learns of the end, and decides.
      if (member.port === 0) return
      await pause(restartPauseMs)
      if (!this.stopping && !member.leaving) await this.restart(member, {}).catch(() => {})
    })
  }

  private async restart(member: Running, env: Readonly<Record<string, string>>): Promise<void> {
    member.leaving = false
    member.child = this.launch(member.spec, { ...env, SHOP_PORT: String(member.port) })
    this.watch(member)
    await member.child.listening
    await this.introduce(member)
  }
}
