import { Buffer } from 'node:buffer'
import { pair, setNanos, setUnixMs } from '../log-line/entry-values.ts'
import { letters } from '../log-line/log-entries.ts'
import { newLogKey } from '../log-line/log-keys.ts'
import { MsgpackEntries } from '../log-line/msgpack-entries.ts'
import type { PlainLines } from '../log-line/plain-lines.ts'
import { MsgpackCursor } from '../wire/msgpack-cursor.ts'
import { applicationLabels, dockerNames, kubernetesNames } from './record.ts'
import type { FluentRequest } from './request.ts'

const tagKey = newLogKey('fluent.tag')
const labelPrefix = 'k8s.pod.label'
const labelKeys = applicationLabels.map((label) => `${labelPrefix}.${label}`)

/** Largest time, seconds: of an unsigned 64-bit number of nanoseconds. */
const maxSeconds = 18_446_744_073

/** Names of what stands in `kubernetes`; what stands in its maps is named behind these. */
function kubernetesName(part: string): string {
  if (part === 'labels') return labelPrefix
  if (part === 'annotations') return 'k8s.pod.annotation'
  return Object.hasOwn(kubernetesNames, part) ? kubernetesNames[part] : `kubernetes.${part}`
}

/** Adds the entries of one forward request from their bytes; what an entry becomes is said at `decodeFluent`. */
export class PlainRecords {
  readonly #plain: PlainLines
  readonly #cursor: MsgpackCursor
  readonly #values: MsgpackEntries
  readonly #request: FluentRequest
  readonly #tag: Buffer
  readonly #receivedMs: number
  /** Where maps begin that are read behind all else; -1: there is none. */
  #kubernetesAt = -1
  #labelsAt = -1
  #annotationsAt = -1

  constructor(plain: PlainLines, request: FluentRequest, receivedMs: number) {
    this.#plain = plain
    this.#request = request
    this.#receivedMs = receivedMs
    this.#tag = Buffer.from(request.tag)
    this.#cursor = new MsgpackCursor(request.entries)
    this.#values = new MsgpackEntries(plain.entries, this.#cursor)
  }

  /** Adds the entry that begins at `start`: where it ends, or -1 where it is to be read as values. */
  add(start: number): number {
    const cursor = this.#cursor
    const { line, entries } = this.#plain
    this.#plain.begin(cursor.bytes)
    cursor.at = start
    if (this.#request.mode === 'entries' && !(cursor.takeArray() && cursor.count === 2)) return -1
    if (!this.#readTime()) return -1
    const { low, high } = pair
    if (!this.#readRecord()) return -1
    const end = cursor.at
    if (!this.#readKubernetes()) return -1
    line.sort(entries, 0, entries.count)
    if (line.body < 0) return -1
    if ((line.timeLow | line.timeHigh) === 0) line.setTime(low, high)
    if ((line.observedLow | line.observedHigh) === 0) {
      setUnixMs(this.#receivedMs)
      line.setObserved(pair.low, pair.high)
    }
    if (this.#tag.length > 0 && !line.addOwn(entries, tagKey, this.#tag)) return -1
    return this.#plain.add(null) ? end : -1
  }

  /** Reads the time into `pair`: an EventTime or whole seconds, by itself or with metadata beside it that say nothing. */
  #readTime(): boolean {
    const cursor = this.#cursor
    if (!cursor.takeArray()) return this.#readMoment()
    const members = cursor.count
    return members === 2 && this.#readMoment() && cursor.takeMap() && cursor.count === 0
  }

  #readMoment(): boolean {
    const cursor = this.#cursor
    const { bytes, at } = cursor
    const width = bytes[at] === 0xd7 ? 2 : bytes[at] === 0xc7 && bytes[at + 1] === 8 ? 3 : 0
    if (width === 0) {
      if (!cursor.takeInteger() || cursor.high !== 0 || cursor.low >= maxSeconds) return false
      setNanos(cursor.low, 0)
      return true
    }
    if (bytes[at + width - 1] !== 0 || at + width + 8 > bytes.length) return false
    setNanos(bytes.readUInt32BE(at + width), bytes.readUInt32BE(at + width + 4))
    cursor.at = at + width + 8
    return true
  }

  #readRecord(): boolean {
    const cursor = this.#cursor
    const { keys } = this.#plain.entries
    this.#kubernetesAt = this.#labelsAt = this.#annotationsAt = -1
    if (!cursor.takeMap()) return false
    let isDocker = false
    let hasDottedMap = false
    for (let left = cursor.count; left > 0; left--) {
      const node = this.#values.key(keys.root)
      if (node === null) return false
      const { text } = node.key
      const holdsMap = isMap(cursor.bytes[cursor.at])
      if (text === 'container_id') isDocker = true
      if (holdsMap && text.includes('.')) hasDottedMap = true
      if (text === 'kubernetes' && holdsMap) {
        this.#kubernetesAt = cursor.at
        if (!cursor.skip()) return false
      } else if (!this.#values.readMember(node, 1)) return false
    }
    const isKubernetes = this.#kubernetesAt >= 0
    // One of the names given to keys of Kubernetes and Docker would take the place of the whole map.
    if (hasDottedMap && (isKubernetes || isDocker)) return false
    return isKubernetes || !isDocker || this.#renameDocker()
  }

  /** The keys of Docker's driver, where it is that which has written the record. */
  #renameDocker(): boolean {
    const { entries } = this.#plain
    let known = 0
    for (let entry = 0; entry < entries.count; entry++) {
      const { text } = entries.keyAt[entry]
      if (text.startsWith('container_name.')) return false
      if ((text === 'container_id' || text === 'source') && entries.isText(entry)) known++
    }
    if (known < 2) return true
    for (let entry = 0; entry < entries.count; entry++) {
      const { text } = entries.keyAt[entry]
      if (!Object.hasOwn(dockerNames, text)) continue
      const key = entries.keys.keyOf(dockerNames[text])
      if (!entries.keys.claim(key)) return false
      entries.keyAt[entry] = key
    }
    return true
  }

  #readKubernetes(): boolean {
    if (this.#kubernetesAt < 0) return true
    const cursor = this.#cursor
    const { entries } = this.#plain
    const { keys } = entries
    const root = keys.rootNamedBy(kubernetesName)
    const first = entries.count
    cursor.at = this.#kubernetesAt
    cursor.takeMap()
    for (let left = cursor.count; left > 0; left--) {
      const node = this.#values.key(root)
      if (node === null) return false
      const { text } = node.key
      if (text === labelPrefix) this.#labelsAt = cursor.at
      else if (text === 'k8s.pod.annotation') this.#annotationsAt = cursor.at
      else if (isMap(cursor.bytes[cursor.at]) || !this.#values.readPlain(node.key)) return false
      else continue
      if (!isMap(cursor.bytes[cursor.at]) || !cursor.skip()) return false
    }
    const last = entries.count
    if (this.#labelsAt >= 0 && !(this.#readTexts('labels', this.#labelsAt) && this.#addService(first, last)))
      return false
    return this.#annotationsAt < 0 || this.#readTexts('annotations', this.#annotationsAt)
  }

  /** The labels or annotations of a pod. */
  #readTexts(name: 'labels' | 'annotations', at: number): boolean {
    const cursor = this.#cursor
    const { keys } = this.#plain.entries
    cursor.at = at
    cursor.takeMap()
    const parent = keys.rootNamedBy(name === 'labels' ? labelName : annotationName)
    for (let left = cursor.count; left > 0; left--) {
      const node = this.#values.key(parent)
      if (node === null || isMap(cursor.bytes[cursor.at]) || !this.#values.readPlain(node.key)) return false
    }
    return true
  }

  /** The application that a label names, else the container, is the service. */
  #addService(first: number, last: number): boolean {
    const { entries } = this.#plain
    const key = entries.keys.keyOf('service.name')
    if (!entries.keys.claim(key)) return false
    for (const label of labelKeys)
      for (let entry = last; entry < entries.count; entry++)
        if (entries.keyAt[entry].text === label && entries.isText(entry)) return entries.addAgain(key, entry)
    for (let entry = first; entry < last; entry++) {
      if (entries.keyAt[entry].text !== kubernetesNames.container_name) continue
      // Where it is null, the service is ''.
      return entries.types[entry] !== letters.none && entries.addAgain(key, entry)
    }
    return entries.addAscii(key, letters.string, '')
  }
}

const labelName = (part: string): string => `${labelPrefix}.${part}`
const annotationName = (part: string): string => `k8s.pod.annotation.${part}`

function isMap(head: number): boolean {
  return (head >= 0x80 && head < 0x90) || head === 0xde || head === 0xdf
}
