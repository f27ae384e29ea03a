import type { ChangesAnswer } from '../../../../contract/index.ts'
import { claimWords, evidenceOf, headingOf } from '../../services/change-words.ts'

/** Something that happened, at its place on the rail. */
export interface RailMark {
  readonly kind: 'deploy' | 'new' | 'gone'
  readonly ms: number
  readonly service: string
  readonly label: string
  /** In a sentence, for the preview and for readers. */
  readonly words: string
}

/** A time in which something was not as usual. */
export interface RailBand {
  readonly fromMs: number
  readonly toMs: number
  readonly judgement: 'bad' | 'watch'
  readonly service: string
  readonly label: string
  readonly words: string
}

/** Most of each on the rail; the newest marks and the worst bands are kept. */
const mostMarks = 24
const mostBands = 4

/** What the rail shows of the answer, in order of time; `nowMs` ends what goes on. */
export function railEvents(
  { stories }: ChangesAnswer,
  { zone, nowMs }: { zone: string; nowMs: number },
): { marks: RailMark[]; bands: RailBand[] } {
  const all = stories.flatMap(({ changes }) => changes)
  const marks = all
    .flatMap((change): RailMark[] => {
      if (change.kind !== 'deploy' && change.kind !== 'new' && change.kind !== 'gone') return []
      const label = change.kind === 'deploy' ? `${change.service} ${change.version}` : change.service
      const words = `${headingOf(change)}, ${evidenceOf(change, zone)}`
      return [{ kind: change.kind, ms: Date.parse(change.at), service: change.service, label, words }]
    })
    .sort((one, other) => other.ms - one.ms)
    .slice(0, mostMarks)
    .reverse()
  const bands = stories
    .flatMap(({ head, changes }): RailBand[] => {
      const troubles = changes.filter(({ kind }) => kind === 'latency' || kind === 'errors' || kind === 'rate')
      if (troubles.length === 0) return []
      const ends = troubles.map(({ until }) => (until === null ? nowMs : Date.parse(until)))
      return [
        {
          fromMs: Math.min(...troubles.map(({ at }) => Date.parse(at))),
          toMs: Math.max(...ends),
          judgement: head.judgement === 'bad' ? 'bad' : 'watch',
          service: head.service,
          label: `${head.service} ${claimWords(head, zone)}`,
          words: `${headingOf(head)}, ${evidenceOf(head, zone)}`,
        },
      ]
    })
    .slice(0, mostBands)
  return { marks, bands: bands.sort((one, other) => one.fromMs - other.fromMs) }
}

/** Pixels of one letter of a label, about, and what stands before and after it. */
const letterPx = 6
const aroundPx = 24
/** Pixels below which the name of a band is left out: its beginning alone says nothing. */
export const leastLabelPx = 72

/** Whether a label fits before the next thing on the rail. */
export function isRoomFor(label: string, px: number): boolean {
  return aroundPx + label.length * letterPx <= px
}
