import { describe, expect, it } from 'vitest'
import { capsOf, nameOf } from './key-map.ts'

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }

describe('keys', () => {
  const cases = [
    [{ ...plain, key: 'k', ctrlKey: true }, 'mod+k'],
    [{ ...plain, key: 'K', metaKey: true, shiftKey: true }, 'mod+shift+k'],
    [{ ...plain, key: 'N', shiftKey: true }, 'shift+n'],
    [{ ...plain, key: '?', shiftKey: true }, '?'],
    [{ ...plain, key: 'Escape', shiftKey: true }, 'shift+Escape'],
    [{ ...plain, key: 'Shift', shiftKey: true }, null],
  ] as const
  it.each(cases)('%o is %s', (event, wanted) => expect(nameOf(event)).toBe(wanted))

  it('are printed as caps', () => {
    expect(capsOf('g s')).toEqual(['g', 's'])
    expect(capsOf('shift+Escape')).toEqual(['⇧Esc'])
  })
})
