const zero = 0x30
const nine = 0x39
const minDigits = 13
const maxDigits = 19

/**
 * Finds numbers of payment cards: 13 to 19 digits, alone or in groups parted by one blank or dash, whose first digits
 * are those of a card scheme and whose check digit is right. `found` is called with each range.
 *
 * A group of digits is taken whole or not at all. Cost: one pass, and at most 19 looks per group of a long chain.
 * Source: ISO/IEC 7812-1 (length, issuer, Luhn's check digit).
 */
export function findCardNumbers(text: string, found: (from: number, to: number) => void): void {
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code < zero || code > nine) {
      at++
      continue
    }
    const chain = chainOf(text, at)
    if (chain.digits >= minDigits) findInChain(text, { from: at, to: chain.end }, found)
    at = chain.end
  }
}

/** Groups of digits that follow one another with one blank or dash between them. */
function chainOf(text: string, from: number): { end: number; digits: number } {
  let end = groupEnd(text, from)
  let digits = end - from
  while (isSeparator(text.charCodeAt(end)) && isDigit(text, end + 1)) {
    const next = groupEnd(text, end + 1)
    digits += next - end - 1
    end = next
  }
  return { end, digits }
}

function findInChain(
  text: string,
  chain: { from: number; to: number },
  found: (from: number, to: number) => void,
): void {
  for (let at = chain.from; at < chain.to; ) {
    const to = cardEnd(text, at)
    if (to !== -1) found(at, to)
    at = (to === -1 ? groupEnd(text, at) : to) + 1
  }
}

/** End of the longest card number that begins with the group at `from`; -1: none does. */
function cardEnd(text: string, from: number): number {
  if (from > 0 && isWord(text, from - 1)) return -1
  let digits = ''
  let best = -1
  for (let at = from; digits.length < maxDigits; ) {
    const to = groupEnd(text, at)
    digits += text.slice(at, Math.min(to, at + maxDigits + 1))
    if (digits.length > maxDigits) break
    if (digits.length >= minDigits && !isWord(text, to) && isCard(digits)) best = to
    if (!isSeparator(text.charCodeAt(to)) || !isDigit(text, to + 1)) break
    at = to + 1
  }
  return best
}

function isSeparator(code: number): boolean {
  return code === 0x20 || code === 0x2d
}

function groupEnd(text: string, from: number): number {
  let to = from
  while (isDigit(text, to)) to++
  return to
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= zero && code <= nine
}

/** Letters and underscores around digits make them part of a name. */
function isWord(text: string, at: number): boolean {
  return at < text.length && /[A-Za-z0-9_]/.test(text[at])
}

/** Mastercard, Visa, American Express, Diners, Discover, JCB, UnionPay, Maestro. */
const issuers = /^(?:4|5[0-8]|2[2-7]|3[0-9]|6[0-9])/

function isCard(digits: string): boolean {
  if (!issuers.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - zero
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
