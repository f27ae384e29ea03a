/**
 * The data of the query bench: as many series as asked for, ten metrics of fifty series per target, one sample each
 * 15 s. Two metrics that the questions are about have all samples, the others only those of the last minutes: they are
 * there for the label index. Values follow from series and tick, so that SQL and JavaScript make the same.
 */
export const tickMs = 15_000
export const seriesPerTarget = 500
const seriesPerMetric = 50
/** Ticks of the metrics that no question reads. */
const shortTicks = 8

const metrics = [
  'http_requests_total',
  'http_request_duration_seconds_bucket',
  ...Array.from({ length: 8 }, (_, i) => `node_resource_${i}_total`),
]
const fullMetrics = 2

export interface DataShape {
  readonly targets: number
  readonly hours: number
  /** Time of the last tick, Unix ms; a multiple of the tick. */
  readonly endMs: number
}

export function ticksOf({ hours }: DataShape): number {
  return (hours * 3_600_000) / tickMs
}

/** Series that have samples at a tick, as numbers: target * 500 + place in the target. */
export function* seriesAt(shape: DataShape, tick: number): Generator<number> {
  const count = tick >= ticksOf(shape) - shortTicks ? seriesPerTarget : fullMetrics * seriesPerMetric
  for (let target = 0; target < shape.targets; target += 1)
    for (let place = 0; place < count; place += 1) yield target * seriesPerTarget + place
}

export function sampleValue(series: number, tick: number): number {
  return ((series * 7919) % 1000) + tick * (1 + series)
}

export function labelsOf(series: number): readonly (readonly [string, string])[] {
  const target = Math.floor(series / seriesPerTarget)
  const place = series % seriesPerTarget
  const metric = Math.floor(place / seriesPerMetric)
  const inMetric = place % seriesPerMetric
  const own: readonly (readonly [string, string])[] =
    metric === 0
      ? [
          ['path', `/api/v${inMetric % 2}/resource-${Math.floor(inMetric / 5)}`],
          ['status', ['200', '201', '404', '500', '503'][inMetric % 5]],
        ]
      : metric === 1
        ? [
            ['le', ['0.005', '0.01', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '+Inf'][inMetric % 10]],
            ['path', `/api/v1/resource-${Math.floor(inMetric / 10)}`],
          ]
        : [['device', `device-${inMetric}`]]
  return [
    ['__name__', metrics[metric]] as const,
    ['cluster', 'production-eu-central-1'] as const,
    ['instance', `10.0.${Math.floor(target / 256)}.${target % 256}:9100`] as const,
    ['job', `job-${target % 20}`] as const,
    ['namespace', `namespace-${target % 7}`] as const,
    ...own,
  ].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Statements that put the same samples into the tables as they are after compaction, the newest ten minutes hot. */
export function insertStatements(shape: DataShape): readonly string[] {
  const ticks = ticksOf(shape)
  const startMs = shape.endMs - (ticks - 1) * tickMs
  const hotFrom = ticks - 40
  const full = fullMetrics * seriesPerMetric
  const hashes = `cityHash64('metric', intDiv(place, ${seriesPerMetric})) AS metric, xxHash32(toString(t)) AS target`
  const time = (tick: string) => `fromUnixTimestamp64Milli(toInt64(${startMs}) + ${tick} * ${tickMs}, 'UTC')`
  const value = (tick: string) => `toInt64((n * 7919) % 1000 + ${tick} * (1 + n))`
  const places = (count: number) =>
    `SELECT intDiv(number, ${count}) AS t, number % ${count} AS place, t * ${seriesPerTarget} + place AS n FROM numbers(${shape.targets * count})`
  const hours = `SELECT DISTINCT intDiv(${startMs} + number * ${tickMs}, 3600000) AS hour FROM numbers(${hotFrom})`
  const first = `greatest(0, intDiv(hour * 3600000 - ${startMs} + ${tickMs - 1}, ${tickMs}))`
  const last = `least(${hotFrom - 1}, intDiv((hour + 1) * 3600000 - 1 - ${startMs}, ${tickMs}))`
  return [
    `INSERT INTO samples (tenant, metric, t0, target, series, exp, ts, vi, retention)
      SELECT 1, metric, toDateTime(hour * 3600, 'UTC'), target, cityHash64(n), 0,
        arrayMap(i -> ${time('i')}, ticks), arrayMap(i -> ${value('i')}, ticks), 30
      FROM (SELECT n, hour, ${hashes}, range(toUInt32(${first}), toUInt32(${last} + 1)) AS ticks
        FROM (${places(full)}) AS p CROSS JOIN (${hours}) AS h) WHERE notEmpty(ticks)`,
    hotStatement({ places: places(full), hashes, time, value, ticks: `${hotFrom} + number`, count: 40 - shortTicks }),
    hotStatement({
      places: places(seriesPerTarget),
      hashes,
      time,
      value,
      ticks: `${ticks - shortTicks} + number`,
      count: shortTicks,
    }),
  ]
}

function hotStatement(parts: {
  places: string
  hashes: string
  time: (tick: string) => string
  value: (tick: string) => string
  ticks: string
  count: number
}): string {
  return `INSERT INTO samples_hot (tenant, metric, target, ts, slot, retention, series, exp, vi)
    SELECT 1, metric, target, ${parts.time('tick')}, toDateTime(intDiv(toUnixTimestamp(now()), 600) * 600, 'UTC'), 30,
      groupArray(cityHash64(n)), groupArray(toInt8(0)), groupArray(${parts.value('tick')})
    FROM (SELECT n, ${parts.hashes}, tick FROM (${parts.places}) AS p
      CROSS JOIN (SELECT ${parts.ticks} AS tick FROM numbers(${parts.count})) AS ticks)
    GROUP BY metric, target, tick`
}

/** Rows of the table of series, to be sent as JSON lines. */
export function* seriesLines(shape: DataShape): Generator<string> {
  for (let n = 0; n < shape.targets * seriesPerTarget; n += 1)
    yield JSON.stringify({ n, labels: Object.fromEntries(labelsOf(n)) })
}

/** Puts those rows into the table, each for every day of the data. */
export function seriesStatement(shape: DataShape, lines: string): string {
  const days = Math.ceil(shape.hours / 24) + 1
  return `INSERT INTO series (tenant, metric, target, series, day, labels, seen, retention)
    SELECT 1, cityHash64('metric', intDiv(n % ${seriesPerTarget}, ${seriesPerMetric})), xxHash32(toString(intDiv(n, ${seriesPerTarget}))),
      cityHash64(n), toDate(fromUnixTimestamp64Milli(toInt64(${shape.endMs}), 'UTC')) - day, labels, now64(3), 30
    FROM (SELECT n, labels, arrayJoin(range(${days})) AS day FROM input('n UInt64, labels Map(String, String)'))
    FORMAT JSONEachRow ${lines}`
}
