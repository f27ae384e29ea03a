import type { ChangesAnswer } from '../../../../contract/index.ts'

/** Stories in which any change is of one of the services. */
export function storiesOf(stories: ChangesAnswer['stories'], services: ReadonlySet<string>): ChangesAnswer['stories'] {
  return stories.filter(({ changes }) => changes.some(({ service }) => services.has(service)))
}
