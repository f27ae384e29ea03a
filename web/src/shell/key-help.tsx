import Dialog from '@mui/material/Dialog'
import { activeBindings, capsOf, type KeyBinding } from '../keys/key-map.ts'

const groups: readonly [KeyBinding['group'], string][] = [
  ['everywhere', 'Everywhere'],
  ['lists', 'Lists'],
  ['trace', 'Trace'],
  ['charts', 'Charts'],
]

/** All keys that work on the screen that is open. */
export function KeyHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={isOpen}
      onClose={onClose}
      maxWidth={false}
      slotProps={{ paper: { className: 'keys', 'aria-labelledby': 'keys-title' } }}
    >
      <h2 id="keys-title" style={{ marginBottom: 12 }}>
        Keys on this screen
      </h2>
      <div className="keys-grid">
        {isOpen && groups.map(([group, title]) => <KeyGroup key={group} group={group} title={title} />)}
      </div>
      <div className="row" style={{ marginTop: 16 }}>
        <span className="t2 sm grow">Keys of one letter can be switched off under Display.</span>
        <button type="button" className="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

function KeyGroup({ group, title }: { group: KeyBinding['group']; title: string }) {
  const bindings = activeBindings().filter((binding) => binding.group === group)
  if (bindings.length === 0) return null
  return (
    <section>
      <h3 style={{ marginBottom: 8 }}>{title}</h3>
      <dl>
        {bindings.map(({ keys, words }) => (
          <KeyLine key={keys} keys={keys} words={words} />
        ))}
      </dl>
    </section>
  )
}

function KeyLine({ keys, words }: { keys: string; words: string }) {
  return (
    <>
      <dt className="row" style={{ gap: 4 }}>
        {capsOf(keys).map((cap) => (
          <span key={cap} className="kbd">
            {cap}
          </span>
        ))}
      </dt>
      <dd>{words}</dd>
    </>
  )
}
