import { readdirSync, readFileSync } from 'node:fs'

/** What a process tree has used so far, from /proc. */
export interface ProcessCost {
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly processes: readonly { pid: number; name: string; cpuSeconds: number; rssBytes: number }[]
}

/** Clock ticks per second in /proc; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100
const pageBytes = 4096

/** CPU time and memory of a process and all its descendants. Linux only. */
export function processCost(rootPid: number): ProcessCost {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .map(readStat)
    .filter((stat) => stat !== null)
  const wanted = new Set([rootPid])
  for (let grown = true; grown; ) {
    grown = false
    for (const stat of all)
      if (wanted.has(stat.parent) && !wanted.has(stat.pid)) {
        wanted.add(stat.pid)
        grown = true
      }
  }
  const processes = all.filter((stat) => wanted.has(stat.pid))
  const sum = (pick: (stat: (typeof processes)[number]) => number) =>
    processes.reduce((total, stat) => total + pick(stat), 0)
  return { cpuSeconds: sum((stat) => stat.cpuSeconds), rssBytes: sum((stat) => stat.rssBytes), processes }
}

function readStat(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const close = text.lastIndexOf(')')
    const fields = text.slice(close + 2).split(' ')
    return {
      pid,
      name: text.slice(text.indexOf('(') + 1, close),
      parent: Number(fields[1]),
      // utime and stime only: children are counted as processes of their own.
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      rssBytes: Number(fields[21]) * pageBytes,
    }
  } catch {
    return null
  }
}
