import type { ChangesAnswer, DemoState } from '../../../contract/index.ts'

export interface DemoStep {
  readonly words: string
  readonly isDone: boolean
}

/** The walk through an incident; each step is done when the platform says so, however it came about. */
export function demoSteps(state: DemoState, changes: Pick<ChangesAnswer, 'services' | 'stories'>): DemoStep[] {
  const isBroken = state.faults.some(({ active }) => active)
  const judgements = changes.stories.map(({ head }) => head.judgement)
  const isSeen = judgements.some((one) => one === 'bad' || one === 'watch')
  const hasUsual = changes.services.some(({ usual }) => usual !== null)
  const isOver = judgements.includes('mended') && !isSeen && !isBroken
  return [
    { words: 'The shop is open', isDone: state.status === 'running' },
    { words: 'A usual is known', isDone: hasUsual },
    { words: 'Break something', isDone: isBroken || isOver },
    { words: 'Read what changed', isDone: (isBroken && isSeen) || isOver },
    { words: 'Mend it, and see it go back to usual', isDone: isOver },
  ]
}
