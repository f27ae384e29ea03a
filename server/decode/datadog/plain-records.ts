import { type LogKey, newLogKey } from '../log-line/log-keys.ts'
import type { PlainLines } from '../log-line/plain-lines.ts'
import { RememberedBytes } from '../wire/remembered-bytes.ts'
import { idOf, resourceNames } from './log-values.ts'
import { splitTags } from './tags.ts'

const levelKey = newLogKey('level')

/** A tag as an attribute, of the resource or of the record. */
interface Tag {
  readonly key: LogKey
  readonly value: Buffer
  readonly isResource: boolean
}

/** Tags by their bytes: all records of a source have the same. */
const knownTags = new RememberedBytes<readonly Tag[]>(tagsOf, { maxBytes: 2_048 })

/** Adds the record that begins at `start` from its bytes: where it ends, or -1 where it is to be read as values. */
export function addPlainRecord(plain: PlainLines, start: number): number {
  const { entries, line } = plain
  plain.begin()
  const end = plain.json.read(start)
  if (end < 0) return -1
  const tags = takeOwnKeys(plain)
  if (tags === null) return -1
  line.sort(entries, 0, entries.count)
  takeIds(plain)
  for (const { key, value, isResource } of tags) {
    const list = isResource ? line.resource : line.attributes
    if (isResource && list.placeOf(key.text) >= 0) continue
    if (!entries.addCopy(key, 's', value)) return -1
    list.add(key, entries.count - 1)
  }
  return plain.add(null) ? end : -1
}

/** Takes out the tags, and puts the status behind all others as the level where there is none. null: one of them is an object. */
function takeOwnKeys({ entries }: PlainLines): readonly Tag[] | null {
  let tags = -1
  let status = -1
  let hasLevel = false
  for (let entry = 0; entry < entries.count; entry++) {
    const { text } = entries.keyAt[entry]
    if (text === 'ddtags') tags = entry
    else if (text === 'status') status = entry
    else if (text === 'level') hasLevel = true
    else if (isWithinOwn(text)) return null
  }
  const hasTags = tags >= 0 && entries.isText(tags)
  const found = hasTags ? knownTags.of(entries.sourceOf(tags), entries.starts[tags], entries.ends[tags]) : []
  const moved = hasLevel ? -1 : status
  if (moved >= 0 && !entries.addAgain(levelKey, moved)) return null
  // The later one first, as the others move up.
  for (const entry of tags > moved ? [tags, moved] : [moved, tags]) if (entry >= 0) entries.remove(entry)
  return found
}

/** `status.x` is a key of its own, or one within an object. */
function isWithinOwn(text: string): boolean {
  const dot = text.indexOf('.')
  return (
    (dot === 6 && (text.startsWith('ddtags') || text.startsWith('status'))) || (dot === 5 && text.startsWith('level'))
  )
}

/** Ids under Datadog's keys, which are no attributes. */
function takeIds({ entries, line }: PlainLines): void {
  for (const text of ['dd.trace_id', 'dd.span_id']) {
    const place = line.attributes.placeOf(text)
    if (place < 0) continue
    const isTrace = text === 'dd.trace_id'
    const id = idOf(entries.textOf(line.attributes.entries[place]), isTrace ? 16 : 8)
    line.attributes.remove(place)
    if (id !== null && isTrace && !line.hasTraceId) {
      line.traceId.set(id)
      line.hasTraceId = true
    } else if (id !== null && !isTrace && !line.hasSpanId) {
      line.spanId.set(id)
      line.hasSpanId = true
    }
  }
}

function tagsOf(text: string): readonly Tag[] {
  return Array.from(splitTags(text.split(',')), ([tag, value]) => {
    const isResource = Object.hasOwn(resourceNames, tag)
    return { key: newLogKey(isResource ? resourceNames[tag] : tag), value: Buffer.from(value), isResource }
  })
}
