import type { Change, Judgement } from './change.ts'

/** Changes that belong together: what users feel first, and what else happened in the same corner at that time. */
export interface Story {
  readonly head: Change
  /** All of it, the head too, oldest first. */
  readonly changes: readonly Change[]
}

/** Who calls whom. */
export interface Call {
  readonly client: string
  readonly server: string
}

/** Changes of services that call each other are one story if they began within so long. */
const togetherMs = 10 * 60_000
/** A deploy may be what began a story if it came so long before it, or so soon after its first sign. */
const causeBeforeMs = 30 * 60_000
const causeAfterMs = 60_000

const ranks: Readonly<Record<Judgement, number>> = { bad: 0, watch: 1, new: 2, none: 3, mended: 4, usual: 5 }

/** Folds changes by who calls whom and by time, worst first. `weight` says how many requests a service serves. */
export function foldStories(
  changes: readonly Change[],
  calls: readonly Call[],
  weight: (service: string) => number,
): Story[] {
  const isOpen = ({ judgement, kind }: Change) => kind !== 'deploy' && (judgement === 'bad' || judgement === 'watch')
  const isOver = ({ judgement }: Change) => judgement === 'mended'
  const deploys = new Set(changes.filter(({ kind }) => kind === 'deploy'))
  const others = changes.filter((change) => change.kind !== 'deploy' && !isOpen(change) && !isOver(change))
  // What goes on comes first, also to the deploys that may be behind it.
  const groups = [...joined(changes.filter(isOpen), calls), ...joined(changes.filter(isOver), calls)]
  const stories = groups.map((group) => {
    const services = new Set(group.map(({ service }) => service))
    const called = new Set(calls.filter(({ client }) => services.has(client)).map(({ server }) => server))
    const beganMs = Math.min(...group.map(({ atMs }) => atMs))
    const causes = [...deploys].filter(
      (deploy) =>
        (called.has(deploy.service) && isBefore(deploy, beganMs)) ||
        (services.has(deploy.service) &&
          group.some(({ service, atMs }) => service === deploy.service && isBefore(deploy, atMs))),
    )
    for (const cause of causes) deploys.delete(cause)
    return storyOf([...group, ...causes], headOf(group, weight))
  })
  const alone = [...others, ...deploys].map((change) => storyOf([change], change))
  return [...stories, ...alone].sort((a, b) => compare(a.head, b.head, weight))
}

function storyOf(changes: readonly Change[], head: Change): Story {
  return { head, changes: [...changes].sort((a, b) => a.atMs - b.atMs) }
}

/** Whether a deploy came so shortly before a moment that it may be behind what began then. */
function isBefore({ atMs }: Change, ms: number): boolean {
  return atMs >= ms - causeBeforeMs && atMs <= ms + causeAfterMs
}

/** Groups whose services are tied by calls and whose changes began near each other; a service's own are one group. */
function joined(changes: readonly Change[], calls: readonly Call[]): Change[][] {
  const pairs = tiedPairs(calls)
  const left = new Set(changes)
  const groups: Change[][] = []
  for (const first of changes) {
    if (!left.delete(first)) continue
    const group = [first]
    for (const one of group)
      for (const other of left) {
        const isTied = one.service === other.service || pairs.has(pair(one.service, other.service))
        if (!isTied || Math.abs(one.atMs - other.atMs) > togetherMs) continue
        left.delete(other)
        group.push(other)
      }
    groups.push(group)
  }
  return groups
}

/** Services of which one calls the other, itself or through one in between: that one may be too quiet to be judged. */
function tiedPairs(calls: readonly Call[]): ReadonlySet<string> {
  const called = new Map<string, string[]>()
  for (const { client, server } of calls) called.set(client, [...(called.get(client) ?? []), server])
  const pairs = new Set<string>()
  for (const [client, servers] of called)
    for (const server of servers)
      for (const end of [server, ...(called.get(server) ?? [])]) pairs.add(pair(client, end)).add(pair(end, client))
  return pairs
}

function pair(one: string, other: string): string {
  return `${one}\n${other}`
}

/** The change that most users feel: the worst, by requests times the distance from the usual. */
function headOf(group: readonly Change[], weight: (service: string) => number): Change {
  return [...group].sort((a, b) => compare(a, b, weight))[0]
}

function compare(a: Change, b: Change, weight: (service: string) => number): number {
  return (
    ranks[a.judgement] - ranks[b.judgement] ||
    effect(b) * weight(b.service) - effect(a) * weight(a.service) ||
    a.atMs - b.atMs ||
    a.service.localeCompare(b.service)
  )
}

/** How far from its usual a change is, as a factor; a request that fails counts as ten that wait. */
function effect({ kind, value, usual }: Change): number {
  if (value === null || usual === null) return 1
  if (kind === 'errors') return (value - usual) * 10
  return usual <= 0 ? 1 : Math.abs(Math.log2(Math.max(value, usual / 1024) / usual))
}
