import type { Rejection, RejectReason } from '../../model/batch.ts'
import type { Memory } from '../../model/memory.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import { DecodeError } from '../../model/sink.ts'

/** Bounds on the shape of series and requests. A series beyond one costs itself only, unless said otherwise. */
export interface MetricLimits {
  /** Labels of a series, `__name__` among them. Beyond: `too_many_labels`. */
  readonly maxLabels: number
  /** UTF-8 bytes of a label's name. Beyond: `label_too_long`. */
  readonly maxLabelNameBytes: number
  /** UTF-8 bytes of a label's value, the metric's name among them. Beyond: `label_too_long`. */
  readonly maxLabelValueBytes: number
  /** Buckets of one histogram, custom bounds too. Beyond: `unsupported`. */
  readonly maxBuckets: number
  /**
   * Rows (samples and native histograms) of one request or exposition, exemplars and metadata each as well.
   * Beyond: DecodeError for the whole of it. A sample may take 2 bytes of a request and takes 20 in columns, so
   * bytes alone are no bound for memory.
   */
  readonly maxRows: number
}

export const defaultMetricLimits: MetricLimits = {
  maxLabels: 100,
  maxLabelNameBytes: 1_024,
  maxLabelValueBytes: 4_096,
  maxBuckets: 10_000,
  maxRows: 1_048_576,
}

/**
 * Malformed rows that are passed over in one request; each costs an exception. Beyond: DecodeError for the request, as
 * it is not the format that it is said to be.
 */
const maxMalformed = 10_000

/** Longest sample of a rejection, characters. */
const maxSampleLength = 256

/** What a metric decoder must know besides the bytes. */
export interface MetricDecodeContext {
  /** The tenant's table, out of `SeriesTables.of`. The batch is of its tenant. */
  readonly series: SeriesTable
  /** Public name of the receiver, e.g. `prometheus_remote_write`. */
  readonly receiver: string
  /** Bytes as they came over the wire, before decompression. */
  readonly receivedBytes: number
  /** Absent: `defaultMetricLimits`. */
  readonly limits?: MetricLimits
  /** For the batch's columns; absent: memory of its own. */
  readonly memory?: Memory
}

/** Why rows cannot be taken. */
export interface Fault {
  readonly reason: RejectReason
  readonly message: string
}

/** The request holds more than may be decoded at once: nothing of it is taken. */
export class TooManyRows extends DecodeError {}

/** Counts rejected rows by reason and keeps the first of each in words. */
export class MetricRejections {
  readonly #rejections = new Map<RejectReason, { count: number; sample: string }>()
  #malformed = 0

  /** `where` names the row; it is called for the first of a reason only. */
  add(fault: Fault, rows: number, where: () => string): void {
    const known = this.#rejections.get(fault.reason)
    if (known !== undefined) known.count += rows
    else
      this.#rejections.set(fault.reason, {
        count: rows,
        sample: `${where()}: ${fault.message}`.slice(0, maxSampleLength),
      })
  }

  /** The same for an error thrown while a row was read. Throws what is no DecodeError, and where they are too many. */
  addError(error: unknown, rows: number, where: () => string): void {
    if (!(error instanceof DecodeError) || error instanceof TooManyRows) throw error
    if (++this.#malformed > maxMalformed)
      throw new TooManyRows(`more than ${maxMalformed} malformed rows, the last: ${error.message}`, error.position)
    this.add({ reason: 'malformed', message: error.message }, rows, where)
  }

  finish(): readonly Rejection[] {
    return [...this.#rejections].map(([reason, { count, sample }]) => ({ reason, count, sample }))
  }
}
