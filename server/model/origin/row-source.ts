/**
 * Who sent rows, as far as that is known. Both are for people who look for a sender; neither is a proof: what a sender
 * says of itself is only said. Bounded by those who count (the ledger), not here.
 */
export interface RowSource {
  /** What the sender calls itself, e.g. `OTel-OTLP-Exporter-Python/1.38.0`; the job of a scrape; '' where nothing is said. */
  readonly sender: string
  /** Name of the access key that let it in, never the secret; '' where none was needed. */
  readonly accessKey: string
}

/** Longest name of a sender, characters; all of them ASCII. What is longer is cut. */
export const maxSenderLength = 64

/** Longest name of a key, bytes of UTF-8 (a key may have a longer one). What is longer is cut at a whole character. */
export const maxAccessKeyBytes = 200

const nobody: RowSource = { sender: '', accessKey: '' }

/** Both names cleaned and cut. */
export function rowSource(sender: string, accessKey: string): RowSource {
  if (sender === '' && accessKey === '') return nobody
  return { sender: clean(sender), accessKey: cutBytes(accessKey) }
}

/**
 * Name and version of the first product of a User-Agent header: `OpenTelemetry Collector Contrib/0.139.0` of
 * `OpenTelemetry Collector Contrib/0.139.0 (linux/amd64) grpc-go/1.76.0`; `browser` for all browsers.
 * Source: RFC 9110, 10.1.5 (names with spaces, as the Collector's, are taken too).
 */
export function senderOfUserAgent(userAgent: string): string {
  // More is never part of the first product; it bounds the work on a header of any length.
  const head = userAgent.slice(0, 4 * maxSenderLength).trim()
  if (head.startsWith('Mozilla/')) return 'browser'
  const [whole] = head.split('(', 1)
  const slash = whole.indexOf('/')
  if (slash === -1) return clean(whole)
  const end = whole.slice(slash).search(/\s/)
  return clean(end === -1 ? whole : whole.slice(0, slash + end))
}

/** Printable ASCII, one space between words, at most `maxSenderLength`. */
function clean(text: string): string {
  return text
    .slice(0, 4 * maxSenderLength)
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, maxSenderLength)
    .trim()
}

function cutBytes(text: string): string {
  let bytes = 0
  let cut = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxAccessKeyBytes) break
    cut += character
  }
  return cut
}
