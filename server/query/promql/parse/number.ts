/** Where a number or a duration ends in a query, and whether it is one. */
export interface NumberScan {
  readonly kind: 'number' | 'duration' | 'fault'
  readonly end: number
}

/**
 * Reads a number (`1.5e3`, `0x1F`, `1_000`) or a duration (`1h30m`) from `start` on; of a fault it tells how far the text
 * was looked at. Source: Prometheus' lexer.
 */
export function scanNumber(query: string, start: number): NumberScan {
  return new Scanner(query, start).scan()
}

/** Seconds or the plain value of a number's text: hexadecimal, octal with a leading 0, decimal. */
export function numberOf(text: string): number {
  const bare = text.replaceAll('_', '')
  return /^0[0-7]+$/.test(bare) ? Number.parseInt(bare, 8) : Number(bare)
}

const decimal = /[0-9]/
const hexadecimal = /[0-9a-fA-F]/
const wordPart = /[A-Za-z0-9_]/

class Scanner {
  private readonly query: string
  private at: number
  private digit = decimal

  constructor(query: string, start: number) {
    this.query = query
    this.at = start
  }

  scan(): NumberScan {
    if (this.number()) return { kind: 'number', end: this.at }
    return { kind: this.duration() ? 'duration' : 'fault', end: this.at }
  }

  private get char(): string {
    return this.query[this.at] ?? ''
  }

  private is(set: RegExp): boolean {
    return this.char !== '' && set.test(this.char)
  }

  private accept(set: RegExp): boolean {
    if (!this.is(set)) return false
    this.at += 1
    return true
  }

  private number(): boolean {
    if (this.char === '0' && /[xX]/.test(this.query[this.at + 1] ?? '')) {
      this.at += 2
      this.accept(/_/)
      this.digit = hexadecimal
    } else this.accept(/0/)
    this.accept(/\./)
    this.accept(this.digit)
    const seen = { dot: false, exponent: false }
    while (this.is(this.digit) || this.is(/[._eE]/)) if (!this.part(seen)) return false
    return !this.is(wordPart)
  }

  /** Digits, a dot, an exponent or an underscore. False where it cannot stand here. */
  private part(seen: { dot: boolean; exponent: boolean }): boolean {
    if ((seen.dot && this.accept(/\./)) || (seen.exponent && this.accept(/[eE]/))) return false
    if (this.accept(/\./)) {
      seen.dot = true
      return !this.accept(/[_.]/) && this.digit === decimal
    }
    if (this.accept(/[eE]/)) {
      seen.exponent = true
      this.accept(/[+-]/)
      return this.isFollowed()
    }
    if (this.accept(/_/)) return this.isFollowed()
    while (this.accept(this.digit));
    return true
  }

  private isFollowed(): boolean {
    return !this.accept(/[._eE]/) && this.char !== ''
  }

  /** What is left of a duration behind its first digits. */
  private duration(): boolean {
    if (!this.accept(/[smhdwy]/)) return false
    this.accept(/s/)
    while (this.accept(decimal)) {
      while (this.accept(decimal));
      if (!this.accept(/[smhdw]/)) return false
      this.accept(/s/)
    }
    return !this.accept(wordPart)
  }
}
