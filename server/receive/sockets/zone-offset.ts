/** How long an offset that was looked up is used, ms of the time asked for: zones change on the quarter of an hour. */
const slotMs = 900_000

/**
 * Minutes that a zone is ahead of UTC at a moment of its local time. `zone` '': that of this machine.
 * Throws: Error where the zone is not known.
 */
export function zoneOffset(zone: string): (localMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(zone === '' ? {} : { timeZone: zone }),
    timeZoneName: 'longOffset',
  })
  let slot = Number.NaN
  let minutes = 0
  const at = (unixMs: number): number => {
    const name = format.formatToParts(unixMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const match = /([+-])(\d\d):(\d\d)/.exec(name)
    return match === null ? 0 : Number(`${match[1]}1`) * (Number(match[2]) * 60 + Number(match[3]))
  }
  return (localMs) => {
    const wanted = Math.floor(localMs / slotMs)
    if (wanted !== slot) {
      slot = wanted
      // The offset is asked for by true time, which the local time is one offset away from.
      minutes = at(localMs - at(localMs) * 60_000)
    }
    return minutes
  }
}
