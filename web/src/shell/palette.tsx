import Dialog from '@mui/material/Dialog'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useState } from 'react'
import { capsOf } from '../keys/key-map.ts'
import { carried, useAddress, useTenant } from '../url/use-search.ts'
import { type Command, useCommands } from './commands.ts'
import { Icon } from './icons.tsx'

/** Go to, look for, do: by words, with arrows and Enter. Takes a pasted trace id, a link or a range. */
export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={isOpen}
      onClose={onClose}
      maxWidth={false}
      slotProps={{ paper: { className: 'palette', 'aria-label': 'Search, go to' } }}
      sx={{ '& .MuiDialog-container': { alignItems: 'flex-start', paddingTop: '6vh' } }}
    >
      <PaletteBody onClose={onClose} />
    </Dialog>
  )
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const commands = useCommands(text)
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  const chosen = Math.min(at, commands.length - 1)
  const run = (command: Command | undefined) => {
    if (command === undefined) return
    onClose()
    if (command.to === undefined) command.run?.()
    else void navigate({ to: `/${tenant}/${command.to}`, search: { ...carried(address), ...command.search } as never })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((chosen + step + commands.length) % Math.max(commands.length, 1))
    } else if (event.key === 'Enter') run(commands[chosen])
  }
  return (
    <>
      <div className="palette-input">
        <Icon name="search" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette is opened to type
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={commands.length > 0 ? `palette-${chosen}` : undefined}
          aria-label="Search, go to"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          placeholder="Search, go to…"
        />
        <span className="kbd">Esc</span>
      </div>
      <CommandList commands={commands} chosen={chosen} onRun={run} />
      <div className="palette-foot">
        <span>
          <span className="kbd">↑</span> <span className="kbd">↓</span> choose
        </span>
        <span>paste a trace id, or type a range such as last 2h</span>
        <span className="right">
          <span className="kbd">?</span> all keys
        </span>
      </div>
    </>
  )
}

interface CommandListProps {
  readonly commands: readonly Command[]
  readonly chosen: number
  readonly onRun: (command: Command) => void
}

function CommandList({ commands, chosen, onRun }: CommandListProps) {
  return (
    <div className="palette-list" id="palette-list" role="listbox" aria-label="What was found">
      {commands.length === 0 && (
        <p className="t2" style={{ padding: '12px 16px' }}>
          Nothing by that name.
        </p>
      )}
      {commands.map((command, at) => (
        <div key={command.id}>
          {commands[at - 1]?.section !== command.section && (
            <div className="sec" aria-hidden="true">
              {command.section}
            </div>
          )}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above holds the focus and runs the chosen entry */}
          <div
            id={`palette-${at}`}
            className="palette-item"
            role="option"
            tabIndex={-1}
            aria-selected={at === chosen}
            ref={(element) => {
              if (at === chosen) element?.scrollIntoView({ block: 'nearest' })
            }}
            onClick={() => onRun(command)}
          >
            <Icon name={command.icon} size={16} />
            <span className="m">{command.words}</span>
            <span className="t2 sm ell">{command.more}</span>
            {command.keys !== undefined && (
              <span className="right row" style={{ gap: 4 }}>
                {capsOf(command.keys).map((cap) => (
                  <span key={cap} className="kbd">
                    {cap}
                  </span>
                ))}
              </span>
            )}
          </div>
        </div>
      ))}
    </div>
  )
}
