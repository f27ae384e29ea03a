import { useCallback, useMemo } from 'react'
import { Icon } from '../shell/icons.tsx'
import { changeSettings, useSettings } from '../state/settings.ts'
import { withStar } from '../state/stars.ts'
import { useTenant } from '../url/use-search.ts'

/** What `type` in the address says where only starred services are shown. */
export const onlyStarred = 'starred'

interface StarsView {
  /** Names of the services that are starred in this tenant. */
  readonly stars: ReadonlySet<string>
  readonly toggle: (name: string) => void
}

/** The services that this person starred; kept in the browser, so a link shows each reader their own. */
export function useStars(): StarsView {
  const tenant = useTenant()
  const kept = useSettings(({ stars }) => stars)
  const stars = useMemo(() => new Set(Object.hasOwn(kept, tenant) ? kept[tenant] : []), [kept, tenant])
  const toggle = useCallback(
    (name: string) => changeSettings({ stars: withStar(useSettings.getState().stars, { tenant, name }) }),
    [tenant],
  )
  return { stars, toggle }
}

interface StarProps {
  readonly name: string
  /** In a row of a grid, which has one stop for the tab key; `s` stars the chosen row. */
  readonly inRow?: boolean
}

/** Stars a service or takes its star away. */
export function Star({ name, inRow = false }: StarProps) {
  const { stars, toggle } = useStars()
  const isStarred = stars.has(name)
  return (
    <button
      type="button"
      className={inRow ? 'star in-row' : 'star'}
      aria-label={`Star ${name}`}
      aria-pressed={isStarred}
      title={isStarred ? 'Take the star away' : 'Star'}
      {...(inRow ? { tabIndex: -1 } : {})}
      onClick={(event) => {
        // The row below it would be chosen.
        event.stopPropagation()
        toggle(name)
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Icon name="star" />
    </button>
  )
}
