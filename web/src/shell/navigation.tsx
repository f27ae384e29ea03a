import Popover from '@mui/material/Popover'
import { Link, useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { changeSettings, useSettings } from '../state/settings.ts'
import { carried, useAddress, useTenant } from '../url/use-search.ts'
import { Icon, Logo } from './icons.tsx'
import { type Screen, screens } from './screens.ts'

/** The column at the left, at the bottom on small screens: icon over word, always labelled. */
export function Navigation({ onHelp }: { onHelp: () => void }) {
  return (
    <nav className="nav" aria-label="Main">
      <div className="logo">
        <Logo />
        <span className="seen-by-readers">Sightline</span>
      </div>
      {screens.filter(({ place }) => place === 'top').map(toItem)}
      <span className="nav-gap" />
      {screens.filter(({ place }) => place === 'bottom').map(toItem)}
      <DisplayItem />
      <button type="button" className="nav-item" onClick={onHelp}>
        <Icon name="help" />
        Help
      </button>
    </nav>
  )
}

function toItem(screen: Screen) {
  return <ScreenItem key={screen.id} screen={screen} />
}

function ScreenItem({ screen }: { screen: Screen }) {
  const tenant = useTenant()
  const address = useAddress()
  const { pathname } = useLocation()
  const isCurrent = pathname.split('/')[2] === screen.id
  return (
    <Link
      to={`/${tenant}/${screen.id}` as string}
      search={carried(address) as never}
      className="nav-item"
      activeProps={{}}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <Icon name={screen.icon} />
      {screen.word}
    </Link>
  )
}

/** Theme, density and keys: how the app looks to this person. */
function DisplayItem() {
  const [anchor, setAnchor] = useState<Element | null>(null)
  return (
    <>
      <button
        type="button"
        className="nav-item"
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="display" />
        Display
      </button>
      <Popover
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: 'top', horizontal: 'right' }}
        transformOrigin={{ vertical: 'bottom', horizontal: 'left' }}
        slotProps={{ paper: { role: 'dialog', 'aria-label': 'Display' } }}
      >
        <DisplayForm />
      </Popover>
    </>
  )
}

function DisplayForm() {
  const { theme, density, hasLetterKeys } = useSettings()
  return (
    <div className="col" style={{ gap: 12, padding: 16 }}>
      <Choice
        label="Theme"
        value={theme}
        options={{ system: 'As the system', light: 'Light', dark: 'Dark' }}
        onChange={(value) => changeSettings({ theme: value })}
      />
      <Choice
        label="Density"
        value={density}
        options={{ standard: 'Standard', compact: 'Compact' }}
        onChange={(value) => changeSettings({ density: value })}
      />
      <label className="switch">
        <input
          type="checkbox"
          role="switch"
          className="tog"
          checked={hasLetterKeys}
          aria-checked={hasLetterKeys}
          onChange={(event) => changeSettings({ hasLetterKeys: event.target.checked })}
        />
        Keys of one letter
      </label>
    </div>
  )
}

interface ChoiceProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: Readonly<Record<T, string>>
  readonly onChange: (value: T) => void
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="lab">{label}</legend>
      <div className="seg">
        {(Object.entries(options) as [T, string][]).map(([option, word]) => (
          <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
            {word}
          </button>
        ))}
      </div>
    </fieldset>
  )
}
