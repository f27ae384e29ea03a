import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomeOf, pipelineOf } from '../user/pipelines-suite.ts'
import { findCardNumbers } from './card-number.ts'
import { Redaction } from './redaction.ts'
import { secretKinds } from './secret-kinds.ts'

const seed = 20_261_123
const all = new Redaction(secretKinds, (kind) => `<${kind}>`)
const common = new Redaction(
  secretKinds.filter(({ isDefault }) => isDefault),
  (kind) => `<${kind}>`,
)
/** Written in parts, so that nobody takes them for secrets of this repository. */
const token = (prefix: string, length: number) => `${prefix}${'Ab0'.repeat(length).slice(0, length)}`

describe('redaction', () => {
  it.each([
    ['card 4111111111111111 ok', 'card <card_number> ok'],
    ['card 4111-1111-1111-1111.', 'card <card_number>.'],
    ['amex 3782 822463 10005', 'amex <card_number>'],
    ['two 4111111111111111 5555555555554444', 'two <card_number> <card_number>'],
    ['12 4111 1111 1111 1111 12/27', '12 <card_number> 12/27'],
    ['not a card 4111111111111112', 'not a card 4111111111111112'],
    ['nanoseconds 1769860800123456789', 'nanoseconds 1769860800123456789'],
    ['id a4111111111111111', 'id a4111111111111111'],
    ['password=hunter2 user=ann', 'password=<secret_value> user=ann'],
    ['"password": "my \\"dear\\" one", "a": 1', '"password": <secret_value>, "a": 1'],
    [String.raw`{\"api_key\":\"abc\",\"b\":1}`, String.raw`{\"api_key\":<secret_value>,\"b\":1}`],
    ['DB_PASSWORD => x; client-secret: y', 'DB_PASSWORD => <secret_value>; client-secret: <secret_value>'],
    ['the password is long', 'the password is long'],
    ['https://u:p4ss@example.com/x', 'https://u:<url_password>@example.com/x'],
    ['https://example.com:8080/x@y', 'https://example.com:8080/x@y'],
    ['Authorization: Bearer abcdefghijkl', 'Authorization: Bearer <authorization>'],
    ['authorization=Basic dXNlcjpwYXNz', 'authorization=Basic <authorization>'],
    [`key ${token('AKIA', 16).toUpperCase()} x`, 'key <aws_access_key> x'],
    [`git ${token('ghp_', 36)}`, 'git <github_token>'],
    [`git ${token('glpat-', 20)}`, 'git <gitlab_token>'],
    [`pay ${token('sk_live_', 24)}`, 'pay <stripe_key>'],
    [`map ${token('AIza', 35)}`, 'map <google_api_key>'],
    [`jwt ${token('eyJ', 20)}.${token('eyJ', 30)}.${token('x', 20)} end`, 'jwt <jwt> end'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nrest', '<private_key>\nrest'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE cut off', '<private_key>'],
  ])('%j', (text, wanted) => {
    expect(common.of(text) ?? text).toBe(wanted)
  })

  it.each([
    ['mail ann@example.com now', 'mail <email> now'],
    ['from 203.0.113.7 to 2001:db8::1', 'from <ip_address> to <ip_address>'],
    ['iban DE89 3704 0044 0532 0130 00.', 'iban <iban>.'],
    ['ssn 078-05-1120', 'ssn <us_social_security>'],
  ])('%j, where it is asked for', (text, wanted) => {
    expect(all.of(text)).toBe(wanted)
  })

  it('leaves one mark where two kinds overlap', () => {
    expect(common.of(`password=${token('ghp_', 36)} x`)).toMatch(/^password=<\w+> x$/)
  })

  it('finds every card number between any text that is no part of it', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 11, maxLength: 17 })
    const around = fc.string({ unit: fc.constantFrom('a ', '. ', ', ', '\n', ' x ') })
    fc.assert(
      fc.property(digits, around, around, fc.constantFrom('', ' ', '-'), (some, before, after, separator) => {
        const number = withCheckDigit(`4${some.join('')}`)
        const written = number.replaceAll(/(.{4})(?=.)/g, `$1${separator}`)
        const text = `${before}\t${written}\t${after}`
        expect(common.of(text)).toBe(`${before}\t<card_number>\t${after}`)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('looks at each digit a bounded number of times', () => {
    let looks = 0
    const text = '4 '.repeat(5000)
    const counted = {
      length: text.length,
      charCodeAt(at: number) {
        looks += 1
        return text.charCodeAt(at)
      },
      slice: (from: number, to: number) => text.slice(from, to),
    }
    findCardNumbers(counted as unknown as string, () => {})
    expect(looks).toBeLessThan(text.length * 60)
  })

  it('answers any text, and what it leaves has no secret that it knows', () => {
    const piece = fc.constantFrom(
      'password',
      '=',
      ':',
      '"',
      "'",
      '\\',
      ' ',
      'x',
      '4111111111111111',
      '://u:p@',
      '{',
      '}',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const made = common.of(text) ?? text
        expect(made).not.toMatch(/\b4111111111111111\b/)
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('works on body and attributes alike, whatever their type', () => {
    const pipeline = pipelineOf([{ type: 'redact' }])
    const attributes = { 'db.password': 'x', note: 'card 4111111111111111', user: 'ann' }
    const { after } = outcomeOf(pipeline, { body: 'secret: "a b"', attributes })
    expect(after.body).toBe('secret: [redacted:secret_value]')
    expect(after.attributes).toEqual({
      ...{ 'db.password': '[redacted:secret_value]', note: 'card [redacted:card_number]', user: 'ann' },
    })
  })
})

function withCheckDigit(digits: string): string {
  for (let check = 0; check < 10; check++) {
    const number = `${digits}${check}`
    const sum = [...number].reverse().reduce((total, digit, i) => {
      const doubled = i % 2 === 1 ? Number(digit) * 2 : Number(digit)
      return total + (doubled > 9 ? doubled - 9 : doubled)
    }, 0)
    if (sum % 10 === 0) return number
  }
  throw new Error('one of ten check digits is right')
}
