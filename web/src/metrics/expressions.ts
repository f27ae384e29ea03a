import { operandsOf, type Token, tokensOf } from './tokens.ts'

/** One line of the editor: a query, or a formula that names other lines by their letters. */
export interface Expression {
  /** `A` to `Z`. */
  readonly letter: string
  readonly kind: 'query' | 'formula'
  readonly text: string
  /** Not drawn; formulas may still use it. */
  readonly isHidden: boolean
}

const mostExpressions = 26

/** From the address: `A:rate(hits_total[5m])`, `B=A * 60`, with `-` before it where it is not drawn. */
export function readExpressions(entries: readonly string[] | undefined): Expression[] {
  const taken = new Set<string>()
  return (entries ?? []).flatMap((entry) => {
    const match = /^(-?)([A-Z])([:=])([\s\S]*)$/.exec(entry)
    if (match === null || taken.has(match[2])) return []
    taken.add(match[2])
    const kind = match[3] === '=' ? ('formula' as const) : ('query' as const)
    return [{ letter: match[2], kind, text: match[4], isHidden: match[1] === '-' }]
  })
}

export function writeExpressions(expressions: readonly Expression[]): string[] {
  return expressions.map(
    ({ letter, kind, text, isHidden }) => `${isHidden ? '-' : ''}${letter}${kind === 'formula' ? '=' : ':'}${text}`,
  )
}

/** The first letter that is free; null where all are taken. */
export function freeLetter(expressions: readonly Expression[]): string | null {
  const taken = new Set(expressions.map(({ letter }) => letter))
  for (let at = 0; at < mostExpressions; at += 1) {
    const letter = String.fromCharCode(65 + at)
    if (!taken.has(letter)) return letter
  }
  return null
}

/** PromQL as it is sent, and where each piece of it was written. */
export interface Expanded {
  readonly text: string
  /** Pieces in order; `source` is where the piece stands in the line, `isInserted` one that stands for a letter or variable. */
  readonly pieces: readonly Piece[]
}

interface Piece {
  readonly start: number
  readonly end: number
  readonly source: { readonly start: number; readonly end: number }
  readonly isInserted: boolean
}

/** A formula that cannot be written out. */
export class FormulaFault extends Error {
  override readonly name = 'FormulaFault'
  readonly start: number
  readonly end: number
  constructor(message: string, { start, end }: { start: number; end: number }) {
    super(message)
    this.start = start
    this.end = end
  }
}

/**
 * Writes an expression out: variables (`$__rate_interval`) get their value, and in a formula each letter becomes its
 * line in parentheses, so that the server computes it with the rules of PromQL. Throws FormulaFault.
 */
export function expand(
  expression: Expression,
  all: readonly Expression[],
  variables: Readonly<Record<string, string>>,
): Expanded {
  return expandInside(expression, { all, variables, above: [] })
}

interface Surroundings {
  readonly all: readonly Expression[]
  readonly variables: Readonly<Record<string, string>>
  readonly above: readonly string[]
}

function expandInside(expression: Expression, { all, variables, above }: Surroundings): Expanded {
  const tokens = tokensOf(expression.text)
  const path = [...above, expression.letter]
  const letters = expression.kind === 'formula' ? lettersIn(tokens, all) : new Map<Token, Expression>()
  const pieces: Piece[] = []
  let text = ''
  let from = 0
  const add = (piece: string, source: { start: number; end: number }, isInserted: boolean) => {
    if (piece === '') return
    pieces.push({ start: text.length, end: text.length + piece.length, source, isInserted })
    text += piece
  }
  for (const token of tokens) {
    const other = letters.get(token)
    const variable = token.kind === 'variable' ? variables[token.text.replace(/^\$\{?|\}$/g, '')] : undefined
    if (other === undefined && variable === undefined) continue
    add(expression.text.slice(from, token.start), { start: from, end: token.start }, false)
    from = token.end
    if (other === undefined) {
      add(variable ?? '', token, true)
      continue
    }
    if (path.includes(other.letter)) throw new FormulaFault(`${other.letter} leads back to this formula.`, token)
    if (other.text.trim() === '') throw new FormulaFault(`${other.letter} is empty.`, token)
    add(`(${expandInside(other, { all, variables, above: path }).text})`, token, true)
  }
  add(expression.text.slice(from), { start: from, end: expression.text.length }, false)
  return { text, pieces }
}

function lettersIn(tokens: readonly Token[], all: readonly Expression[]): Map<Token, Expression> {
  const found = new Map<Token, Expression>()
  for (const token of operandsOf(tokens)) {
    const other = /^[A-Z]$/.test(token.text) ? all.find(({ letter }) => letter === token.text) : undefined
    const isSelector = tokens[tokens.indexOf(token) + 1]?.text === '{'
    if (other !== undefined && !isSelector) found.set(token, other)
  }
  return found
}

/** Where an offset of the sent text was written. */
export function sourceOffset({ pieces }: Expanded, offset: number): number {
  const piece = pieces.find(({ start, end }) => offset >= start && offset < end) ?? pieces.at(-1)
  if (piece === undefined) return 0
  if (piece.isInserted) return offset >= piece.end ? piece.source.end : piece.source.start
  return Math.min(piece.source.start + (offset - piece.start), piece.source.end)
}

/** What the server says is wrong, and where in the text that it was sent. */
export interface PlacedFault {
  readonly detail: string
  /** UTF-16 units. */
  readonly offset: number
}

/** Reads `invalid parameter "query": 1:28: parse error: …`; null where the message names no place. */
export function readFault(message: string, text: string): PlacedFault | null {
  const match = /(\d+):(\d+): parse error: ([\s\S]*)$/.exec(message)
  if (match === null) return null
  const lines = text.split('\n')
  const line = Math.min(Number(match[1]), lines.length) - 1
  const before = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0)
  return { detail: match[3], offset: before + unitsOf(lines[line], Number(match[2]) - 1) }
}

/** The server counts columns in bytes of UTF-8. */
function unitsOf(line: string, bytes: number): number {
  const encoder = new TextEncoder()
  let left = bytes
  let units = 0
  for (const char of line) {
    if (left <= 0) break
    left -= encoder.encode(char).length
    units += char.length
  }
  return units
}
