/** Bytes that wait in the server's journal, from its own metrics; null where it has none by that name. */
export async function journalBytes(url: string): Promise<number | null> {
  const text = await fetch(`${url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  const found = /^sightline_journal_waiting_bytes(?:\{.*\})? (\S+)$/m.exec(text)
  return found === null ? null : Number(found[1])
}
