import { expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import { axeFindings } from './open-page.ts'

/** `good` log records, and one that is too old to be taken. */
async function sendLogs(url: string, headers: Record<string, string>, good = 1): Promise<void> {
  const record = (ms: number) => ({ timeUnixNano: `${ms}000000`, body: { stringValue: 'hello' } })
  const logRecords = [record(1_000_000_000_000), ...Array.from({ length: good }, () => record(Date.now()))]
  const answer = await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  })
  expect(answer.status).toBe(200)
}

inBrowser('data', { prepare: ({ url }) => sendLogs(url, { 'user-agent': 'till-agent/2.1 (linux)' }, 7) }, (has) => {
  it('shows the ledger by protocol, by sender and by key, and what is open and silent', async () => {
    const page = await has.opener.open('/default/data?view=all')
    const ledger = page.getByRole('region', { name: 'Ledger' })
    const otlp = ledger.getByRole('row', { name: /OTLP over HTTP logs/ })
    await otlp.getByText('2 senders').waitFor()
    await otlp.getByText(':0').waitFor()
    await ledger.getByRole('row', { name: /Zipkin none yet.*\/api\/v2\/spans/ }).waitFor()
    await ledger.getByRole('button', { name: 'By sender' }).click()
    await page.waitForURL(/group=sender/)
    const till = ledger.getByRole('row', { name: /till-agent\/2\.1/ })
    await till.waitFor()
    expect(await till.getByRole('cell').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/till-agent\/2.1\s*logs/), 'OTLP over HTTP', '8', '7', '1']),
    )
    await page.getByRole('region', { name: 'Rejected, and why' }).getByText('till-agent/2.1').waitFor()
    await page.reload()
    await till.waitFor()
    await ledger.getByRole('button', { name: 'By key' }).click()
    await ledger.getByText('without a key').first().waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.context().close()
  })

  it('says what is heard from a key that was just made, and from no other', async () => {
    const page = await has.opener.open('/default/data')
    await page.getByLabel('Name of a new key').fill('the tills')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const secret = (await page.locator('.key-told .code').textContent()) ?? ''
    const heard = page.getByRole('region', { name: 'Heard from this key' })
    await heard.getByText('waiting for data').waitFor()
    await page.getByText(`X-API-Key: ${secret}`).waitFor()
    await sendLogs(has.stand.url, {}, 1)
    await sendLogs(has.stand.url, { 'x-api-key': secret }, 4)
    await heard.getByText('data is arriving').waitFor()
    const logs = heard.getByRole('row', { name: /Logs/ })
    await expect.poll(() => logs.textContent().then((text) => text?.match(/\d+/g))).toEqual(['5', '4', '1'])
    await page
      .getByRole('region', { name: 'Keys' })
      .getByRole('row', { name: /the tills.*(now|s)/ })
      .waitFor()
    await page.context().close()
  })
})
