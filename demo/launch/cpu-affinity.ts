import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The CPUs this process may run on, as the kernel lists them (`0-3,8`); undefined where it does not say. */
export function allowedCpus(): string | undefined {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/** Ties all threads of a process to CPUs. False where the system has no `taskset`. */
export function pinProcess(pid: number, cpus: string): boolean {
  return spawnSync('taskset', ['-a', '-c', '-p', cpus, String(pid)], { stdio: 'ignore' }).status === 0
}

/** The last of a list of CPUs. */
export function lastCpu(list: string): string {
  return list.split(/[-,]/).at(-1) ?? list
}
