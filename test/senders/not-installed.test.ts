import { describe, it } from 'vitest'

/** Senders that people run and that the tests cannot install; each with why. */
describe('senders that are not tried here', () => {
  it.todo('Fluent Bit: no package of it in Debian 12, npm or PyPI, and it is no Go module')
  it.todo('Filebeat: no package of it in Debian 12, npm or PyPI; its Go module answers 403')
  it.todo('Vector: no package of it in Debian 12, npm or PyPI')
})
