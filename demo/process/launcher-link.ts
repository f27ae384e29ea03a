import { flushCompileCache } from 'node:module'
import type { Addresses, FaultName, FromProcess, ToProcess } from './messages.ts'

/** What a process of the shop does when the launcher speaks to it. */
export interface Orders {
  /** Called once, before `ready` is reported: the other processes can be reached now. */
  begin(ports: Addresses): Promise<void> | void
  /** Makes a fault real, or ends it. A rejection is reported to whoever switched it. */
  switchFault?(name: FaultName, active: boolean): Promise<void> | void
  /** Ends what was begun; the process exits when it resolves. */
  stop?(): Promise<void> | void
}

/**
 * Ties this process to the launcher that started it: reports the port, takes orders, and exits at once when the
 * launcher is gone, even by `kill -9` (the kernel closes the channel then).
 */
export function followLauncher(port: number, orders: Orders): void {
  process.on('disconnect', () => process.exit(0))
  // The terminal sends its interrupt to the whole group; the launcher decides when each process stops.
  process.on('SIGINT', () => {})
  process.on('message', (message: ToProcess) => {
    void obey(message, orders)
  })
  report({ kind: 'listening', port })
}

async function obey(message: ToProcess, orders: Orders): Promise<void> {
  if (message.kind === 'addresses') {
    await orders.begin(message.ports)
    report({ kind: 'ready' })
    // Written now and not only at exit, so that the next start is quick even after a kill.
    flushCompileCache()
  } else if (message.kind === 'stop') {
    await orders.stop?.()
    process.exit(0)
  } else {
    const { id, name, active } = message
    try {
      await orders.switchFault?.(name, active)
      report({ kind: 'fault-switched', id })
    } catch (error) {
      report({ kind: 'fault-switched', id, error: String(error) })
    }
  }
}

function report(message: FromProcess): void {
  process.send?.(message)
}
