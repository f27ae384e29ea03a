import { type FormEvent, useState } from 'react'
import type { ApiKeys, IngestHealth, NewApiKey } from '../../../contract/index.ts'
import { ApiError, ask } from '../api/client.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { formatDay } from '../time/zone.ts'
import { useTenant, useTime } from '../url/use-search.ts'
import { ageWords, type LedgerRow, ledgerTotal, ofKey } from './ledger.ts'

/** Milliseconds that an act may take. */
const actWithinMs = 30_000

/** A key that was just made; its secret is told this once. */
export interface MadeKey {
  readonly name: string
  readonly secret: string
}

interface KeysProps {
  /** The ledger by key. */
  readonly heard: IngestHealth | undefined
  readonly nowMs: number
  readonly onNew: (made: MadeKey | undefined) => void
}

/** Keys of senders: who has one, what came with it, a new one, and the end of one. */
export function Keys({ heard, nowMs, onNew }: KeysProps) {
  const { zone } = useTime()
  const asked = useAnswer<ApiKeys>({ path: '/api/keys' })
  const acts = useActs(asked.again, onNew)
  const keys = asked.data?.keys ?? []
  const state = usePanelState(asked)
  if (asked.data?.may_manage === false) return null
  return (
    <Panel title="Keys" sub="senders on other machines need one" state={state} cost={asked.cost} isFlush>
      {keys.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">May</th>
              <th scope="col">Since</th>
              <th scope="col" className="n">
                Newest
              </th>
              <th scope="col">
                <span className="seen-by-readers">Act</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map(({ id, name, rights, created_at }) => (
              <tr key={id}>
                <td className="m" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
                  {name}
                </td>
                <td className="t2">{rights.join(', ')}</td>
                <td className="t2">{formatDay(Date.parse(created_at), zone)}</td>
                <td className="n t2">{newestWords(ofKey(heard, name), nowMs)}</td>
                <td className="n">
                  <Revoke name={name} onRevoke={() => acts.revoke(id)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <NewKey onMake={acts.make} />
      {acts.secret !== null && (
        <p className="key-told" role="status">
          <span className="code">{acts.secret}</span>
          <span className="t2 sm">It stands in the snippet above, and is shown this once.</span>
        </p>
      )}
      {acts.trouble !== null && (
        <p className="key-told err" role="alert">
          {acts.trouble}
        </p>
      )}
    </Panel>
  )
}

function newestWords(rows: readonly LedgerRow[], nowMs: number): string {
  const { newestMs } = ledgerTotal(rows)
  return ageWords(newestMs === 0 ? null : new Date(newestMs).toISOString(), nowMs)
}

function useActs(again: () => void, onNew: KeysProps['onNew']) {
  const tenant = useTenant()
  const [secret, setSecret] = useState<string | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const act = async (work: () => Promise<void>) => {
    setTrouble(null)
    await work().catch((error: unknown) =>
      setTrouble(error instanceof ApiError ? error.message : 'The server did not answer.'),
    )
    again()
  }
  const signal = () => AbortSignal.timeout(actWithinMs)
  return {
    secret,
    trouble,
    make: (name: string) =>
      void act(async () => {
        const { data } = await ask<NewApiKey>({ path: '/api/keys', tenant, body: { name }, signal: signal() })
        setSecret(data.secret)
        onNew({ name, secret: data.secret })
      }),
    revoke: (id: number) =>
      void act(async () => {
        await ask({ path: `/api/keys/${id}`, tenant, method: 'DELETE', signal: signal() })
        setSecret(null)
        onNew(undefined)
      }),
  }
}

function NewKey({ onMake }: { onMake: (name: string) => void }) {
  const [name, setName] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '') return
    onMake(name.trim())
    setName('')
  }
  return (
    <form className="new-key" onSubmit={submit}>
      <label className="inp grow">
        <input
          aria-label="Name of a new key"
          placeholder="Who will send with it…"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit" className="btn" disabled={name.trim() === ''}>
        Make a key
      </button>
    </form>
  )
}

function Revoke({ name, onRevoke }: { name: string; onRevoke: () => void }) {
  const [isAsking, setAsking] = useState(false)
  if (!isAsking)
    return (
      <button type="button" className="btn small ghost" aria-label={`Revoke: ${name}`} onClick={() => setAsking(true)}>
        Revoke
      </button>
    )
  return (
    <span className="row" style={{ justifyContent: 'flex-end' }}>
      <button type="button" className="btn small danger" aria-label={`Revoke ${name} for good`} onClick={onRevoke}>
        For good
      </button>
      <button type="button" className="btn small" onClick={() => setAsking(false)}>
        Keep
      </button>
    </span>
  )
}
