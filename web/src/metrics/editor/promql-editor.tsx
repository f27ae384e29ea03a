import { KeyCode, KeyMod, MarkerSeverity, editor as monaco } from 'monaco-editor/editor/editor.api.js'
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker'
import 'monaco-editor/features/bracketMatching/register.js'
import 'monaco-editor/features/clipboard/register.js'
import 'monaco-editor/features/codicon/register.js'
import 'monaco-editor/features/comment/register.js'
import 'monaco-editor/features/hover/register.js'
import 'monaco-editor/features/placeholderText/register.js'
import 'monaco-editor/features/snippet/register.js'
import 'monaco-editor/features/toggleTabFocusMode/register.js'
import 'monaco-editor/features/wordOperations/register.js'
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js'
import { useEffect, useRef } from 'react'
import { useTheme } from '../../charts/use-theme.ts'
import { useLanguage } from '../use-catalog.ts'
import type { QueryEditorProps } from './editor-props.ts'
import { languageId, registerPromql, setPromqlWords } from './promql-mode.ts'

const lineHeight = 20
const mostLines = 10

Object.assign(self, { MonacoEnvironment: { getWorker: () => new EditorWorker() } })

const options: monaco.IStandaloneEditorConstructionOptions = {
  language: languageId,
  // Letters typed into a plain text field are no keys of the page.
  editContext: false,
  tabFocusMode: true,
  automaticLayout: true,
  minimap: { enabled: false },
  lineNumbers: 'off',
  glyphMargin: false,
  folding: false,
  lineDecorationsWidth: 0,
  lineNumbersMinChars: 0,
  renderLineHighlight: 'none',
  overviewRulerLanes: 0,
  overviewRulerBorder: false,
  hideCursorInOverviewRuler: true,
  scrollBeyondLastLine: false,
  scrollbar: { vertical: 'auto', horizontal: 'hidden', alwaysConsumeMouseWheel: false, verticalScrollbarSize: 8 },
  wordWrap: 'on',
  wrappingStrategy: 'simple',
  fontFamily: "'JetBrains Mono Variable', monospace",
  fontSize: 13,
  fontLigatures: false,
  lineHeight,
  padding: { top: 5, bottom: 5 },
  contextmenu: false,
  links: false,
  occurrencesHighlight: 'off',
  selectionHighlight: false,
  wordBasedSuggestions: 'off',
  quickSuggestions: { other: true, strings: true, comments: false },
  suggest: { showStatusBar: false, insertMode: 'replace', preview: false, showWords: false },
  fixedOverflowWidgets: true,
  unicodeHighlight: { ambiguousCharacters: false },
  theme: 'sightline',
}

/** One line of the query page as an editor with colours, completion, help and faults at their place. */
export function PromqlEditor({ label, text, typed, fault, onText, onRun }: QueryEditorProps) {
  const box = useRef<HTMLDivElement>(null)
  const shown = useRef<monaco.IStandaloneCodeEditor | null>(null)
  const isMade = useRef(false)
  const acts = useRef({ onText, onRun })
  acts.current = { onText, onRun }
  const theme = useTheme()
  const language = useLanguage()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once and told of changes
  useEffect(() => {
    const element = box.current
    if (element === null) return
    registerPromql()
    defineTheme(element)
    const value = typed()
    const made = monaco.create(element, { ...options, value, ariaLabel: label, placeholder: 'PromQL' })
    shown.current = made
    const resize = () => {
      const height = Math.min(made.getContentHeight(), mostLines * lineHeight + 10)
      element.style.height = `${height}px`
      made.layout()
    }
    made.onDidContentSizeChange(resize)
    resize()
    if (value === '' || value !== text) {
      made.setPosition(made.getModel()!.getPositionAt(value.length))
      made.focus()
    }
    made.onDidChangeModelContent(() => acts.current.onText(made.getValue()))
    made.addCommand(KeyMod.CtrlCmd | KeyCode.Enter, () => acts.current.onRun())
    return () => {
      made.getModel()?.dispose()
      made.dispose()
      shown.current = null
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: lines that were run bring what is typed with them
  useEffect(() => {
    // Not when it is made: it has what is typed by then.
    const value = typed()
    if (isMade.current && shown.current !== null && shown.current.getValue() !== value) shown.current.setValue(value)
    isMade.current = true
  }, [text])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document
  useEffect(() => {
    if (box.current !== null) defineTheme(box.current)
  }, [theme])
  useEffect(() => {
    if (language !== undefined) setPromqlWords(language)
  }, [language])
  useEffect(() => {
    const model = shown.current?.getModel()
    if (model === null || model === undefined) return
    const end = model.getValueLength()
    const markers =
      fault === null ? [] : [markerOf(model, { ...fault, end: Math.min(Math.max(fault.end, fault.start + 1), end) })]
    monaco.setModelMarkers(model, languageId, markers)
  }, [fault])
  return (
    <div className="query-code">
      <div ref={box} />
    </div>
  )
}

/** An end of the text has no character of its own: the one before it carries the mark. */
function markerOf(model: monaco.ITextModel, fault: NonNullable<QueryEditorProps['fault']>): monaco.IMarkerData {
  const start = model.getPositionAt(fault.start >= fault.end ? Math.max(0, fault.end - 1) : fault.start)
  const end = model.getPositionAt(fault.end)
  return {
    ...{ severity: MarkerSeverity.Error, message: fault.words },
    ...{ startLineNumber: start.lineNumber, startColumn: start.column },
    ...{ endLineNumber: end.lineNumber, endColumn: end.column },
  }
}

/** `#abc` as `#aabbcc`: the built style sheet shortens colours, the editor reads long ones only. */
function longHex(text: string): string {
  return /^#[\da-f]{3,4}$/i.test(text) ? text.replaceAll(/[\da-f]/gi, '$&$&') : text
}

/** The editor paints by itself: its theme is made of the values that the tokens have now. */
function defineTheme(element: HTMLElement): void {
  const style = getComputedStyle(element)
  const colour = (token: string) => longHex(style.getPropertyValue(`--${token}`).trim())
  const bare = (token: string) => colour(token).slice(1)
  monaco.defineTheme('sightline', {
    base: document.documentElement.dataset.theme === 'dark' ? 'vs-dark' : 'vs',
    inherit: false,
    rules: [
      { token: '', foreground: bare('text') },
      { token: 'comment', foreground: bare('text-3') },
      { token: 'string', foreground: bare('ok') },
      { token: 'number', foreground: bare('accent') },
      { token: 'variable', foreground: bare('accent') },
      { token: 'keyword', foreground: bare('warn') },
      { token: 'function', foreground: bare('accent') },
    ],
    colors: {
      'editor.background': colour('surface'),
      'editor.foreground': colour('text'),
      'editorCursor.foreground': colour('text'),
      'editor.selectionBackground': colour('accent-line'),
      'editor.placeholder.foreground': colour('text-3'),
      'editorError.foreground': colour('err-fill'),
      'editorBracketMatch.background': colour('accent-weak'),
      'editorBracketMatch.border': colour('accent-line'),
      'editorWidget.background': colour('surface'),
      'editorWidget.foreground': colour('text'),
      'editorWidget.border': colour('line-2'),
      'editorHoverWidget.background': colour('surface'),
      'editorHoverWidget.foreground': colour('text'),
      'editorHoverWidget.border': colour('line-2'),
      'editorSuggestWidget.background': colour('surface'),
      'editorSuggestWidget.foreground': colour('text'),
      'editorSuggestWidget.border': colour('line-2'),
      'editorSuggestWidget.selectedBackground': colour('accent-weak'),
      'editorSuggestWidget.selectedForeground': colour('text'),
      'editorSuggestWidget.highlightForeground': colour('accent'),
      'editorSuggestWidget.focusHighlightForeground': colour('accent'),
      'scrollbarSlider.background': colour('line-2'),
      focusBorder: colour('accent'),
    },
  })
}
