/** One kind of traffic: yields ready bodies, cheaply, for as long as it is asked. */
export interface Load {
  readonly name: string
  /** Of a request; over a connection: which listener it goes to; over gRPC: the method. */
  readonly path: string
  /** Absent: HTTP. */
  readonly transport?: 'tcp' | 'grpc'
  readonly headers: Readonly<Record<string, string>>
  /** Records in each body. */
  readonly recordsPerRequest: number
  /** The next body, its times set to `nowMs`. Valid until the next call with the same `lane`. */
  next(nowMs: number): Buffer
  /** Bodies after which there are no more; absent: endless. */
  readonly bodies?: number
}
