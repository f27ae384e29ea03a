import { readJsonObject } from '../parse/json-object.ts'
import { FoundAttributes, prefixSettings, sourceOf, sourceSettings } from '../parse/parsed-fields.ts'
import { defineStage } from './stage.ts'

export const json = defineStage({
  name: 'json',
  summary: 'Makes attributes of a JSON object; objects within become dotted names. Fails where it is no JSON object.',
  settings: { ...sourceSettings, ...prefixSettings },
  examples: [
    {
      settings: { field: 'payload', prefix: 'order.' },
      before: { body: 'placed', attributes: { payload: '{"id":17,"to":{"city":"Ulm"},"tags":["a"]}' } },
      after: {
        body: 'placed',
        attributes: {
          payload: '{"id":17,"to":{"city":"Ulm"},"tags":["a"]}',
          'order.id': '17',
          'order.to.city': 'Ulm',
          'order.tags': '["a"]',
        },
      },
    },
  ],
  compile({ field, prefix }) {
    const source = sourceOf(field)
    const found = new FoundAttributes()
    return (record) => {
      const read = source(record)
      if ('fault' in read) return read.fault
      found.clear()
      return readJsonObject(read.text, found) ?? found.giveTo(record, prefix)
    }
  },
})
