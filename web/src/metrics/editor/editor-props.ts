/** Where a text is wrong, in UTF-16 units. */
export interface EditorFault {
  readonly words: string
  readonly start: number
  readonly end: number
}

export interface QueryEditorProps {
  readonly label: string
  /** What the address says; the editor keeps what is typed until it changes. */
  readonly text: string
  /** What is typed now: the plain field may have been typed into before the editor came. */
  readonly typed: () => string
  readonly fault: EditorFault | null
  readonly onText: (text: string) => void
  readonly onRun: () => void
}
