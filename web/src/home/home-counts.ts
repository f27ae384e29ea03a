import type { ChangesAnswer } from '../../../contract/index.ts'

const numbers = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
]

function numberWord(count: number): string {
  return numbers[count] ?? String(count)
}

/** Stories in which something is bad or to be watched now. */
function openStories({ stories }: Pick<ChangesAnswer, 'stories'>): ChangesAnswer['stories'] {
  return stories.filter(({ head }) => head.judgement === 'bad' || head.judgement === 'watch')
}

/** `Two things need you.` */
export function needsPerson(changes: Pick<ChangesAnswer, 'stories'>): string {
  const count = openStories(changes).length
  if (count === 0) return 'Nothing needs you.'
  return count === 1 ? 'One thing needs you.' : `${numberWord(count)} things need you.`
}

/** `Nine changed`, `Nothing changed`: changes that began, or were over, after the moment. */
export function changedSince({ stories }: Pick<ChangesAnswer, 'stories'>, ms: number): string {
  const count = stories
    .flatMap(({ changes }) => changes)
    .filter(({ at, until }) => Date.parse(at) > ms || (until !== null && Date.parse(until) > ms)).length
  return count === 0 ? 'Nothing changed' : `${numberWord(count)} changed`
}
