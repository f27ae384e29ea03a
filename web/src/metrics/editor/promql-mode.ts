import { languages, type editor as monacoEditor, type Position, Range } from 'monaco-editor/editor/editor.api.js'
import type { PromqlLanguage } from '../../../../contract/index.ts'
import { metricNamesIn } from '../tokens.ts'
import { type CompletionContext, completionContext } from './completion-context.ts'
import { helpOf, signatureOf } from './help.ts'
import { familyOf, labelChoices, namesLike, sources } from './sources.ts'

export const languageId = 'promql'

const { CompletionItemKind, CompletionItemInsertTextRule } = languages

/** Makes the language known to the editor, once: colours, completion, help. */
export function registerPromql(): void {
  if (languages.getLanguages().some(({ id }) => id === languageId)) return
  languages.register({ id: languageId })
  languages.setLanguageConfiguration(languageId, {
    comments: { lineComment: '#' },
    brackets: [
      ['{', '}'],
      ['[', ']'],
      ['(', ')'],
    ],
    autoClosingPairs: ['{}', '[]', '()', '""', "''", '``'].map(([open, close]) => ({ open, close, notIn: ['string'] })),
    wordPattern: /\$?[A-Za-z_:][\w:]*|\d[\w.]*/,
  })
  languages.registerCompletionItemProvider(languageId, {
    triggerCharacters: ['{', ',', '=', '"', '(', '[', '$'],
    provideCompletionItems: complete,
  })
  languages.registerHoverProvider(languageId, { provideHover: hover })
}

/** Colours by the words that the server knows. */
export function setPromqlWords(language: PromqlLanguage): void {
  languages.setMonarchTokensProvider(languageId, {
    defaultToken: '',
    functions: language.functions.map(({ name }) => name),
    keywords: [...language.aggregations, ...language.keywords].map(({ name }) => name),
    tokenizer: {
      root: [
        [/#.*$/, 'comment'],
        [/"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?/, 'string'],
        [/\$(?:\w+|\{\w+\})/, 'variable'],
        [/\d[\w.]*/, 'number'],
        [/[A-Za-z_:][\w:]*/, { cases: { '@keywords': 'keyword', '@functions': 'function', '@default': 'identifier' } }],
        [/[{}()[\]]/, '@brackets'],
      ],
    },
  })
}

type Item = Omit<languages.CompletionItem, 'range'>

async function complete(
  model: monacoEditor.ITextModel,
  position: Position,
  _context: languages.CompletionContext,
  token: { onCancellationRequested(listener: () => void): { dispose(): void } },
): Promise<languages.CompletionList> {
  const text = model.getValue()
  const at = completionContext(text, model.getOffsetAt(position))
  const cancel = new AbortController()
  const listening = token.onCancellationRequested(() => cancel.abort())
  try {
    const { items, isCut } = await choicesAt(at, text, cancel.signal)
    const start = model.getPositionAt(at.start)
    const end = model.getPositionAt(at.end)
    const range = {
      insert: Range.fromPositions(start, position),
      replace: Range.fromPositions(start, end),
    }
    return { suggestions: items.map((item) => ({ ...item, range })), incomplete: isCut }
  } catch {
    // No answer, no choices: typing goes on.
    return { suggestions: [] }
  } finally {
    listening.dispose()
  }
}

interface Choices {
  readonly items: readonly Item[]
  /** There are more than are listed: asked again with the next letter. */
  readonly isCut: boolean
}

async function choicesAt(at: CompletionContext, text: string, signal: AbortSignal): Promise<Choices> {
  switch (at.kind) {
    case 'expression':
      return expressionChoices(at.typed)
    case 'range':
      return { items: rangeChoices, isCut: false }
    case 'label-name':
      return { items: await labelNames(at.selector, signal), isCut: false }
    case 'label-value': {
      const values = await labelChoices({ selector: at.selector, label: at.label }, signal)
      const written = (value: string) => (at.isQuoted ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value))
      const items = values.map((label) => ({ label, kind: CompletionItemKind.Value, insertText: written(label) }))
      return { items, isCut: false }
    }
    case 'grouping':
      return { items: await groupingChoices(text, signal), isCut: false }
    default:
      return { items: [], isCut: false }
  }
}

function expressionChoices(typed: string): Choices {
  const { language } = sources()
  const found = namesLike(typed)
  const metrics = found.names.map((name): Item => {
    const family = familyOf(name)
    return {
      ...{ label: name, kind: CompletionItemKind.Field, insertText: name, sortText: `0${name}` },
      ...(family === undefined ? {} : { detail: `${family.type}, ${family.series}`, documentation: family.help }),
    }
  })
  const functions = (language?.functions ?? []).map(
    (one): Item => ({
      ...{ label: one.name, kind: CompletionItemKind.Function, sortText: `1${one.name}` },
      ...{ insertText: `${one.name}($0)`, insertTextRules: CompletionItemInsertTextRule.InsertAsSnippet },
      ...{ detail: signatureOf(one), documentation: one.summary },
    }),
  )
  const aggregations = (language?.aggregations ?? []).map(
    ({ name, summary }): Item => ({
      ...{ label: name, kind: CompletionItemKind.Method, sortText: `1${name}` },
      ...{ insertText: `${name}($0)`, insertTextRules: CompletionItemInsertTextRule.InsertAsSnippet },
      ...{ detail: 'aggregation', documentation: summary },
    }),
  )
  const keywords = (language?.keywords ?? []).map(
    ({ name, summary }): Item => ({
      ...{ label: name, kind: CompletionItemKind.Keyword, insertText: name, sortText: `2${name}` },
      ...{ detail: 'keyword', documentation: summary },
    }),
  )
  return { items: [...metrics, ...functions, ...aggregations, ...keywords], isCut: found.isCut }
}

const rangeChoices: readonly Item[] = [
  ['$__rate_interval', 'wide enough for a rate at every zoom'],
  ['1m', 'one minute'],
  ['5m', 'five minutes'],
  ['15m', 'a quarter of an hour'],
  ['1h', 'one hour'],
  ['1d', 'one day'],
].map(([label, detail], at) => ({
  ...{ label, detail, kind: CompletionItemKind.Unit, insertText: label, sortText: String(at) },
}))

async function labelNames(selector: string, signal: AbortSignal): Promise<Item[]> {
  const names = await labelChoices({ selector, label: null }, signal)
  return names.map((label) => ({ label, kind: CompletionItemKind.Property, insertText: label }))
}

/** Labels of the metrics that the query names. */
async function groupingChoices(text: string, signal: AbortSignal): Promise<Item[]> {
  const { language } = sources()
  const words = new Set([...(language?.aggregations ?? []), ...(language?.keywords ?? [])].map(({ name }) => name))
  const [name = ''] = metricNamesIn(text, (word) => words.has(word))
  return labelNames(name, signal)
}

function hover(model: monacoEditor.ITextModel, position: Position): languages.Hover | null {
  const word = model.getWordAtPosition(position)
  const lines = word === null ? null : helpOf(word.word)
  if (word === null || lines === null) return null
  return {
    contents: lines.map((value) => ({ value })),
    range: new Range(position.lineNumber, word.startColumn, position.lineNumber, word.endColumn),
  }
}
