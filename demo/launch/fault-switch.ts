import type { FaultName } from '../process/messages.ts'
import { type Fault, faultCatalogue } from './fault-catalogue.ts'
import type { Fleet } from './fleet.ts'
import type { TruthFile } from './truth-file.ts'

/** A fault as it stands now. */
export interface FaultState extends Pick<Fault, 'name' | 'title' | 'cause'> {
  readonly active: boolean
  /** When it began, Unix ms. */
  readonly sinceUnixMs?: number
}

/** Switches faults on and off and writes down when. Calls are carried out one after another. */
export interface FaultSwitch {
  /** Resolves when the fault is real; at once when it already is. Throws UnknownFault. */
  start(name: FaultName): Promise<void>
  /** Resolves when all is as before; at once when the fault is not active. Throws UnknownFault. */
  stop(name: FaultName): Promise<void>
  list(): FaultState[]
}

/** There is no fault of that name. */
export class UnknownFault extends Error {
  override readonly name = 'UnknownFault'

  constructor(name: string) {
    super(`there is no fault ${name}; known are ${faultCatalogue.map((fault) => fault.name).join(', ')}`)
  }
}

export function createFaultSwitch(fleet: Fleet, truth: TruthFile): FaultSwitch {
  const since = new Map<FaultName, number>()
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
  return {
    start: (name) =>
      inTurn(async () => {
        const fault = find(name)
        if (since.has(name)) return
        const begunMs = Date.now()
        await fault.begin(fleet)
        since.set(name, begunMs)
        truth.recordFault('fault-begin', fault, begunMs)
      }),
    stop: (name) =>
      inTurn(async () => {
        const fault = find(name)
        if (!since.has(name)) return
        await fault.end(fleet)
        since.delete(name)
        truth.recordFault('fault-end', fault, Date.now())
      }),
    list: () =>
      faultCatalogue.map(({ name, title, cause }) => ({
        ...{ name, title, cause, active: since.has(name) },
        ...(since.has(name) ? { sinceUnixMs: since.get(name) } : {}),
      })),
  }
}

function find(name: string): Fault {
  const fault = faultCatalogue.find((candidate) => candidate.name === name)
  if (fault === undefined) throw new UnknownFault(name)
  return fault
}
