import { Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useLiveLink } from '../api/use-live-link.ts'
import { type KeyBinding, useKeys } from '../keys/key-map.ts'
import { SidePanelStack } from '../side/side-panel-stack.tsx'
import { refreshNow } from '../state/view-store.ts'
import { carried, useAddress, useTenant } from '../url/use-search.ts'
import { useCopyLink } from './copy-link.ts'
import { KeyHelp } from './key-help.tsx'
import { Navigation } from './navigation.tsx'
import { OfflineBar } from './offline-bar.tsx'
import { Palette } from './palette.tsx'
import { EventRail } from './rail/event-rail.tsx'
import { screens } from './screens.ts'
import { ToastLine } from './toast-line.tsx'
import { TopBar } from './top-bar.tsx'

/** What stands around every screen. */
export function Shell() {
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null)
  const close = () => setOpen(null)
  useLiveLink()
  useShellKeys({ search: () => setOpen('palette'), help: () => setOpen('keys') })
  return (
    <div className="app">
      <OfflineBar />
      <Navigation onHelp={() => setOpen('keys')} />
      <TopBar onSearch={() => setOpen('palette')} />
      <EventRail />
      <div className="content">
        <Outlet />
        <SidePanelStack />
      </div>
      <ToastLine />
      <Palette isOpen={open === 'palette'} onClose={close} />
      <KeyHelp isOpen={open === 'keys'} onClose={close} />
    </div>
  )
}

function useShellKeys({ search, help }: { search: () => void; help: () => void }): void {
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  const copy = useCopyLink()
  const key = (keys: string, words: string, run: () => void): KeyBinding => ({ keys, words, run, group: 'everywhere' })
  useKeys([
    key('mod+k', 'Search, go to', search),
    key('/', 'Focus the search of the page', () => focusSearch() || search()),
    key('?', 'All keys', help),
    key('y', 'Copy link, absolute', copy),
    key('shift+r', 'Ask again', refreshNow),
    ...screens.map(({ id, word, key: letter }) =>
      key(`g ${letter}`, word, () => void navigate({ to: `/${tenant}/${id}`, search: carried(address) as never })),
    ),
  ])
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]')
  field?.focus()
  return field !== null
}
