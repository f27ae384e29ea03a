import type uPlot from 'uplot'

/** Points in a column of pixels from which only their first, least, greatest and last are drawn. */
const densePerPixel = 4
/** Half the length of the stroke that stands for a point without neighbours, in pixels of the canvas. */
const loneHalf = 2

/**
 * A line through the known points of a series, with gaps where there is nothing between them; filled down to zero
 * where the series has a fill. A point without neighbours is a short stroke: without it, it would not be seen.
 *
 * Takes the place of uPlot's own, which makes two numbers on the heap for each point of each refresh: 24 panels of
 * 5 × 300 points left 3 MB of garbage. Positions are whole pixels, as there.
 */
export function linePaths(plot: uPlot, at: number, from: number, to: number): DrawnPaths {
  const line = new Path2D()
  const { fill } = plot.series[at]
  const area = fill === undefined || fill === null ? null : new Path2D()
  const [times, values] = [plot.data[0], plot.data[at]]
  const place = placesOf(plot)
  const isDense = to - from >= plot.bbox.width * densePerPixel
  for (let first = from; first <= to; first += 1) {
    if (values[first] == null) continue
    let last = first
    while (last < to && values[last + 1] != null) last += 1
    const run = { times, values: values as readonly number[], first, last }
    if (first === last) loneStroke(line, place, run)
    else {
      line.moveTo(place.x(times[first]), place.y(values[first] as number))
      if (isDense) denseRun(line, place, run)
      else plainRun(line, place, run)
    }
    if (area !== null) fillUnder(area, place, run)
    first = last
  }
  return { stroke: line, fill: area, flags: 0 }
}

/** What uPlot draws of a series. */
interface DrawnPaths {
  readonly stroke: Path2D
  readonly fill: Path2D | null
  readonly flags: 0
}

/** Where a time and a value lie on the canvas. */
interface Places {
  readonly x: (time: number) => number
  readonly y: (value: number) => number
  /** Of zero, or of the edge that is nearest to it. */
  readonly zero: number
}

function placesOf({ bbox, scales }: uPlot): Places {
  const [x0, x1] = [scales.x.min ?? 0, scales.x.max ?? 1]
  const [y0, y1] = [scales.y.min ?? 0, scales.y.max ?? 1]
  const perTime = bbox.width / (x1 - x0 || 1)
  const perValue = bbox.height / (y1 - y0 || 1)
  const bottom = bbox.top + bbox.height
  const y = (value: number) => Math.round(bottom - (value - y0) * perValue)
  return {
    x: (time) => Math.round(bbox.left + (time - x0) * perTime),
    y,
    zero: y(Math.min(Math.max(0, y0), y1)),
  }
}

/** Points that follow one another without a gap. */
interface Run {
  readonly times: ArrayLike<number>
  readonly values: readonly number[]
  readonly first: number
  readonly last: number
}

function plainRun(path: Path2D, { x, y }: Places, { times, values, first, last }: Run): void {
  for (let point = first + 1; point <= last; point += 1) path.lineTo(x(times[point]), y(values[point]))
}

/** The same picture with few strokes: within a column of pixels only its extremes can be told apart. */
function denseRun(path: Path2D, { x, y }: Places, { times, values, first, last }: Run): void {
  for (let point = first; point <= last; ) {
    const column = x(times[point])
    let least = values[point]
    let greatest = least
    path.lineTo(column, y(least))
    let next = point + 1
    for (; next <= last && x(times[next]) === column; next += 1) {
      least = Math.min(least, values[next])
      greatest = Math.max(greatest, values[next])
    }
    if (least !== greatest) {
      path.lineTo(column, y(least))
      path.lineTo(column, y(greatest))
      path.lineTo(column, y(values[next - 1]))
    }
    point = next
  }
}

function loneStroke(path: Path2D, { x, y }: Places, { times, values, first }: Run): void {
  const [at, height] = [x(times[first]), y(values[first])]
  path.moveTo(at - loneHalf, height)
  path.lineTo(at + loneHalf, height)
}

function fillUnder(area: Path2D, place: Places, run: Run): void {
  const { times, first, last } = run
  area.moveTo(place.x(times[first]), place.zero)
  area.lineTo(place.x(times[first]), place.y(run.values[first]))
  plainRun(area, place, run)
  area.lineTo(place.x(times[last]), place.zero)
  area.closePath()
}
