import Menu from '@mui/material/Menu'
import MenuItem from '@mui/material/MenuItem'
import { useState } from 'react'
import { Icon } from '../shell/icons.tsx'

interface ColumnChooserProps {
  readonly columns: readonly { readonly id: string; readonly words: string }[]
  readonly shown: readonly string[]
  readonly onShown: (ids: readonly string[]) => void
}

/** Which columns a table shows; the first one stays. */
export function ColumnChooser({ columns, shown, onShown }: ColumnChooserProps) {
  const [anchor, setAnchor] = useState<Element | null>(null)
  const toggle = (id: string) =>
    onShown(
      columns
        .map((column) => column.id)
        .filter((other) => (other === id ? !shown.includes(id) : shown.includes(other))),
    )
  return (
    <>
      <button
        type="button"
        className="btn small icon vt-choose"
        aria-label="Choose columns"
        title="Choose columns"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="columns" />
      </button>
      <Menu open={anchor !== null} anchorEl={anchor} onClose={() => setAnchor(null)}>
        {columns.map(({ id, words }, at) => (
          <MenuItem
            key={id}
            role="menuitemcheckbox"
            aria-checked={shown.includes(id)}
            disabled={at === 0}
            onClick={() => toggle(id)}
          >
            <span className={shown.includes(id) ? 'cb on' : 'cb'} aria-hidden="true" />
            <span style={{ marginLeft: 8 }}>{words}</span>
          </MenuItem>
        ))}
      </Menu>
    </>
  )
}
