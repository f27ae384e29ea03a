import type { Stand } from './stand.ts'

/** What a stand answers at a path, whatever the status. */
export async function askGet<T>({ url }: Stand, path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T
}

/** The same for a JSON body. */
export async function askPost<T>({ url }: Stand, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as T
}
