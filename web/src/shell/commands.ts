import type { ServiceMapAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { changeSettings, useSettings } from '../state/settings.ts'
import { setLive, useView } from '../state/view-store.ts'
import { readTypedRange } from '../time/typed-range.ts'
import type { Search } from '../url/search.ts'
import { useChangeAddress, useTime } from '../url/use-search.ts'
import { useCopyLink } from './copy-link.ts'
import type { IconName } from './icons.tsx'
import { screens } from './screens.ts'

/** One entry of the palette: a way to a screen, or something to do. */
export interface Command {
  readonly id: string
  readonly section: 'Go to' | 'Do'
  readonly icon: IconName
  readonly words: string
  readonly more?: string
  readonly keys?: string
  readonly to?: string
  readonly search?: Search
  readonly run?: () => void
}

/** Most services that the palette lists at once. */
const mostServices = 6

/** What the palette offers for the text, best first. */
export function useCommands(text: string): Command[] {
  const typed = text.trim().toLowerCase()
  const services = useServiceCommands(typed)
  const deeds = useDeeds(text.trim())
  const traceId = /^[0-9a-f]{16}([0-9a-f]{16})?$/.exec(typed)?.[0]
  const places: Command[] = screens.map(({ id, word, icon, key }) => ({
    ...{ id, section: 'Go to', words: word, icon, keys: `g ${key}`, to: id },
  }))
  return [
    ...(traceId === undefined ? [] : [traceCommand(traceId)]),
    ...services,
    ...places.filter(({ words }) => words.toLowerCase().includes(typed)),
    ...deeds.filter(({ id, words }) => id === 'range' || words.toLowerCase().includes(typed)),
  ]
}

function traceCommand(id: string): Command {
  return { id: 'trace', section: 'Go to', icon: 'traces', words: `Trace ${id.slice(0, 8)}…`, to: `traces/${id}` }
}

function useServiceCommands(typed: string): Command[] {
  const isWanted = typed.length > 0
  const { data } = useAnswer<ServiceMapAnswer>({ path: '/api/service-map?time_range=1h', isWanted })
  if (!isWanted) return []
  return (data?.services ?? [])
    .filter(({ name }) => name.toLowerCase().includes(typed))
    .slice(0, mostServices)
    .map(({ name, type }) => ({
      ...{ id: `service:${name}`, section: 'Go to', icon: 'services', words: name, more: type },
      ...{ to: 'services', search: { panel: [`service:${name}`] } },
    }))
}

function useDeeds(text: string): Command[] {
  const { zone } = useTime()
  const change = useChangeAddress()
  const copy = useCopyLink()
  const isLive = useView((view) => view.isLive)
  const { theme, density } = useSettings()
  const read = text === '' ? null : readTypedRange(text, { nowMs: Date.now(), zone })
  const other = density === 'compact' ? 'standard' : 'compact'
  const act = (id: string, icon: IconName, words: string, run: () => void): Command => ({
    ...{ id, section: 'Do', icon, words, run },
  })
  return [
    ...(read !== null && 'range' in read
      ? [act('range', 'clock', `Set time: ${text}`, () => change({ ...read.range }))]
      : []),
    { ...act('copy', 'copy', 'Copy link to this view', copy), more: 'absolute time', keys: 'y' },
    act('live', 'refresh', isLive ? 'Stop live' : 'Go live', () => setLive(!isLive)),
    ...(['light', 'dark', 'system'] as const)
      .filter((one) => one !== theme)
      .map((one) =>
        act(`theme-${one}`, 'sun', one === 'system' ? 'Theme as the system' : `Use the ${one} theme`, () =>
          changeSettings({ theme: one }),
        ),
      ),
    act('density', 'columns', `Use ${other} rows`, () => changeSettings({ density: other })),
  ]
}
