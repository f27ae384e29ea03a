import type { Scope } from '../../../model/scope.ts'
import type { TenantReader } from '../../../store/read/tenant-rows.ts'
import type { SelectRequest, SeriesSource } from '../../promql/source.ts'
import type { SampleSeries } from '../../promql/value.ts'
import type { MetricsIndex } from '../metrics-index.ts'
import type { RollupChoice } from '../rollups/rollup-choice.ts'
import { thinnedSeries } from './thinned-series.ts'
import type { ThinningChoice } from './thinning-choice.ts'

/**
 * Samples thinned in the store where the choice is for it; all else, native histograms and rollups among it, as another
 * source gives it. One object serves one query.
 */
export class ThinningSource implements SeriesSource {
  private readonly whole: SeriesSource
  private readonly index: MetricsIndex
  private readonly reader: TenantReader
  private readonly scope: Scope
  private readonly rollups: RollupChoice
  private readonly choice: ThinningChoice

  constructor(parts: {
    whole: SeriesSource
    index: MetricsIndex
    reader: TenantReader
    scope: Scope
    rollups: RollupChoice
    choice: ThinningChoice
  }) {
    this.whole = parts.whole
    this.index = parts.index
    this.reader = parts.reader
    this.scope = parts.scope
    this.rollups = parts.rollups
    this.choice = parts.choice
  }

  async *select(request: SelectRequest): AsyncGenerator<readonly SampleSeries[]> {
    yield* (await this.thinned(request)) ?? this.whole.select(request)
  }

  private async thinned(request: SelectRequest): Promise<AsyncIterable<readonly SampleSeries[]> | null> {
    // Most questions are not for windows: those need no second look at the index.
    if (this.choice.choose(request, Number.POSITIVE_INFINITY) === null) return null
    const { reader, scope } = this
    const selection = await this.index.select(scope, request.matchers, request)
    if (selection.mayHaveHistograms) return null
    const thinning = this.choice.choose(request, selection.numbers.length)
    if (thinning === null) return null
    if ((await this.rollups.choose(scope.tenant, request, selection.numbers.length)) !== null) return null
    return thinnedSeries({ reader, scope, selection, request, thinning })
  }
}
