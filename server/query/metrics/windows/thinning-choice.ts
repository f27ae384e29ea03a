import type { Thinning, ThinningForm } from '../../../store/read/promql/thinned-blocks.ts'
import type { SelectRequest, WindowGrid } from '../../promql/source.ts'

/** When samples are thinned in the store: where it is another machine and that pays, wherever it can be done, or never. */
export type ThinningMode = 'auto' | 'always' | 'never'

/** Fewer samples than this, by an interval of 15 s, are quickly sent: the store's work would save nothing. */
const leastSamples = 200_000
const assumedIntervalMs = 15_000

/** How many times fewer samples must be left: below that they cost more in the store than, compressed, on their way. */
const leastFactor = 4

/** Samples that are left of a cell (of `falls` and `changes` in a series without any). */
const leftOfCell: Readonly<Record<ThinningForm, number>> = {
  ...{ edges: 2, falls: 2, newestTwo: 2, sums: 2 },
  ...{ changes: 1, least: 1, greatest: 1, means: 1 },
}

/** By function: what it needs to see of each cell. Others need all samples. */
const forms: ReadonlyMap<string, ThinningForm> = new Map([
  ['rate', 'falls'],
  ['increase', 'falls'],
  ['resets', 'falls'],
  ['delta', 'edges'],
  ['count_over_time', 'edges'],
  ['present_over_time', 'edges'],
  ['first_over_time', 'edges'],
  ['last_over_time', 'edges'],
  ['ts_of_first_over_time', 'edges'],
  ['ts_of_last_over_time', 'edges'],
  ['irate', 'newestTwo'],
  ['idelta', 'newestTwo'],
  ['changes', 'changes'],
  ['min_over_time', 'least'],
  ['max_over_time', 'greatest'],
  ['sum_over_time', 'sums'],
  ['avg_over_time', 'sums'],
])

/** Functions that ask how many samples there are, not only what they are. */
const counting = new Set(['rate', 'increase', 'delta', 'count_over_time', 'avg_over_time'])

/** Decides where the store leaves out samples on which a window function does not depend. */
export class ThinningChoice {
  private readonly mode: ThinningMode
  private readonly isRemote: boolean

  /** `isRemote`: the store is a server elsewhere, so that each sample has its price on the way. */
  constructor({ mode, isRemote }: { mode: ThinningMode; isRemote: boolean }) {
    this.mode = mode
    this.isRemote = isRemote
  }

  /** For a selection of so many series without native histograms; null: the samples come as they are. */
  choose(request: SelectRequest, series: number): Thinning | null {
    const { windows, functionName, rangeMs } = request.hints
    if (this.mode === 'never' || (this.mode === 'auto' && !this.isRemote) || !windows) return null
    const form = forms.get(functionName)
    if (form === undefined || ![request.startMs, request.endMs, windows.strideMs].every(Number.isSafeInteger))
      return null
    const thinning = thinningOf(form, { rangeMs, windows, countsSamples: counting.has(functionName) })
    return this.mode === 'always' || pays(thinning, request, { windows, series }) ? thinning : null
  }
}

function thinningOf(
  form: ThinningForm,
  { rangeMs, windows, countsSamples }: { rangeMs: number; windows: WindowGrid; countsSamples: boolean },
): Thinning {
  const isOne = windows.steps === 1
  const strideMs = isOne ? rangeMs : windows.strideMs
  if (strideMs < rangeMs) return { form, countsSamples, strideMs, splitMs: rangeMs % strideMs, hasGaps: false }
  // Each window is a cell of its own: its mean needs no count.
  const isMean = form === 'sums' && countsSamples
  const hasGaps = strideMs > rangeMs
  return {
    ...{ form: isMean ? 'means' : form, countsSamples: countsSamples && !isMean },
    ...{ strideMs, splitMs: hasGaps ? rangeMs : 0, hasGaps },
  }
}

/** Whether much is left out of a lot. */
function pays(
  { form, strideMs, splitMs, hasGaps }: Thinning,
  { startMs, endMs }: SelectRequest,
  { windows, series }: { windows: WindowGrid; series: number },
): boolean {
  const samples = (endMs - startMs) / assumedIntervalMs
  const strides = hasGaps ? windows.steps : Math.ceil((endMs - startMs) / strideMs)
  const cells = strides * (hasGaps || splitMs === 0 ? 1 : 2)
  return series * samples >= leastSamples && samples >= leastFactor * cells * leftOfCell[form]
}
