/** What of the package the tests use; it has no types of its own. */
declare module 'statsd-client' {
  export default class Client {
    constructor(options: object)
    increment(name: string, by: number, tags?: Record<string, string>): void
    timing(name: string, ms: number): void
    gauge(name: string, value: number): void
    gaugeDelta(name: string, by: number): void
    set(name: string, value: string): void
    histogram(name: string, value: number): void
    close(): void
  }
}
