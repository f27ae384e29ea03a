import { DecodeError } from '../../model/sink.ts'
import { findValue, readLongText } from '../otlp/any-value.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'

/** An attribute with its value as text: strings as sent, all else as AttributesColumn describes it. */
export type AttributeText = readonly [key: string, value: string]

/** Tag of AnyValue.string_value, as `findValue` answers it. */
const stringTag = 0x0a

/** Bytes of the text of one attribute value; far over what a label may have, so that the label limits decide. */
const maxTextBytes = 1_048_576

/** All KeyValue messages in field `field` of the message to which the reader is narrowed. Throws: DecodeError. */
export function readAttributeTexts(reader: ProtobufReader, field: number): AttributeText[] {
  const attributes: AttributeText[] = []
  const tag = (field << 3) | 2
  while (reader.position < reader.end)
    if (reader.tag() === tag) attributes.push(readAttributeText(reader))
    else reader.skip()
  return attributes
}

/** One KeyValue, before whose length the reader stands: 1 = key, 2 = AnyValue. */
function readAttributeText(reader: ProtobufReader): AttributeText {
  const outer = reader.enter()
  let key = ''
  let value = ''
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        key = reader.text()
        break
      case 0x12:
        value = readValueText(reader)
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return [key, value]
}

function readValueText(reader: ProtobufReader): string {
  const outer = reader.enter()
  const start = reader.position
  const tag = findValue(reader)
  const text = tag === stringTag ? reader.text() : readLongText(reader, tag, maxTextBytes)
  if (typeof text === 'number')
    throw new DecodeError(`attribute value has ${text} bytes, at most ${maxTextBytes}`, `byte ${start}`)
  reader.leave(outer)
  return text
}
