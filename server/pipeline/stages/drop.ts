import { defineStage } from './stage.ts'

export const drop = defineStage({
  name: 'drop',
  summary: 'Leaves the line out; it is counted as rejected with the reason `dropped_by_pipeline`.',
  settings: {},
  examples: [
    {
      settings: { when: { all: [{ field: 'http.route', equals: '/healthz' }] } },
      before: { body: 'GET /healthz', attributes: { 'http.route': '/healthz' } },
      after: 'dropped',
    },
  ],
  compile: () => (record) => {
    record.verdict = 'dropped'
    return null
  },
})
