/** A name as part of a meta label: what is neither letter, digit nor underscore becomes one. Source: Prometheus strutil.SanitizeLabelName. */
export function labelNameOf(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_')
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
