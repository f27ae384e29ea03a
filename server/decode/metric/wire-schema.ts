import { create, createFileRegistry, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'

/** Fields of a message, `'number name type'`; `[]` behind the type: repeated; another message's name as the type. */
export type WireSchema = Readonly<Record<string, readonly string[]>>

/** Encodes a plain object, its fields named as in the schema in lowerCamelCase, as a message. */
export type WireEncoder = (message: string, fields: Record<string, unknown>) => Uint8Array

const scalarTypes: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  double: FieldDescriptorProto_Type.DOUBLE,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
  int32: FieldDescriptorProto_Type.INT32,
  uint32: FieldDescriptorProto_Type.UINT32,
  sint32: FieldDescriptorProto_Type.SINT32,
  sint64: FieldDescriptorProto_Type.SINT64,
  fixed64: FieldDescriptorProto_Type.FIXED64,
  sfixed64: FieldDescriptorProto_Type.SFIXED64,
  bool: FieldDescriptorProto_Type.BOOL,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
}

/**
 * An encoder for protobuf messages given as a table, made by protobuf-es and so independent of our reader: the oracle
 * of the decoders' tests. Fields marked `?` behind the type are written even where they hold their default.
 */
export function wireEncoder(schema: WireSchema): WireEncoder {
  const file = create(FileDescriptorProtoSchema, {
    name: 'wire.proto',
    package: 'wire',
    syntax: 'proto3',
    messageType: Object.entries(schema).map(([name, fields]) => {
      const optional = fields.filter((field) => field.endsWith('?'))
      return {
        name,
        field: fields.map((field) => fieldOf(field, optional.indexOf(field))),
        oneofDecl: optional.map((field) => ({ name: `_${field.split(' ')[1]}` })),
      }
    }),
  })
  const registry = createFileRegistry(file, () => undefined)
  return (message, fields) => {
    const descriptor = registry.getMessage(`wire.${message}`)
    if (descriptor === undefined) throw new Error(`schema has no message ${message}`)
    return toBinary(descriptor, create(descriptor, fields as MessageInitShape<DescMessage>))
  }
}

function fieldOf(field: string, optionalIndex: number): Record<string, unknown> {
  const [number, name, sent] = field.split(' ')
  const type = sent.replace(/\[\]|\?/g, '')
  const scalar = scalarTypes[type]
  return {
    number: Number(number),
    name,
    label: sent.includes('[]') ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    type: scalar ?? FieldDescriptorProto_Type.MESSAGE,
    ...(scalar === undefined ? { typeName: `.wire.${type}` } : {}),
    ...(optionalIndex >= 0 ? { oneofIndex: optionalIndex, proto3Optional: true } : {}),
  }
}
