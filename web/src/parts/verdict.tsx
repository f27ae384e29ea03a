/** What is to be said about a thing: bad, to watch, usual, without data, new, or back to usual. */
export type Judgement = 'bad' | 'watch' | 'usual' | 'none' | 'new' | 'mended'

/** Shape, word and colour each say it alone. */
export function VerdictMark({ judgement }: { judgement: Judgement }) {
  return (
    <svg className={`mark ${judgement}`} viewBox="0 0 12 12" aria-hidden="true">
      {shapes[judgement]}
    </svg>
  )
}

const tick = <path d="M2 6.5 5 9.5 10 3" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
const shapes: Readonly<Record<Judgement, React.ReactNode>> = {
  bad: <path d="M4 1h4l3 3v4L8 11H4L1 8V4z" fill="currentColor" />,
  watch: <path d="M6 1 11.5 11H.5z" fill="currentColor" />,
  usual: tick,
  mended: tick,
  none: <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2.2 1.6" />,
  new: <path d="M6 1 11 6 6 11 1 6z" fill="currentColor" />,
}

/** The worst that can be said, as a claim with a number. */
export function Verdict({ judgement, words }: { judgement: Judgement; words: string }) {
  return (
    <span className={`v ${judgement}`} title={words}>
      <VerdictMark judgement={judgement} />
      <span className="ell">{words}</span>
    </span>
  )
}
