import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'

/** How far beyond the screen a panel counts as seen: one screen, so that scrolling finds it answered. */
const margin = '100% 0px'

const SeenContext = createContext(true)

/** What is inside asks only while it is on the screen or near it. Takes no space of its own. */
export function Seen({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [isSeen, setSeen] = useState(false)
  const isOuterSeen = useContext(SeenContext)
  useEffect(() => {
    const first = box.current?.firstElementChild
    if (first == null) return
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: margin,
      root: scrollerOf(first),
    })
    observer.observe(first)
    return () => observer.disconnect()
  }, [])
  return (
    <SeenContext.Provider value={isSeen && isOuterSeen}>
      <div ref={box} style={{ display: 'contents' }}>
        {children}
      </div>
    </SeenContext.Provider>
  )
}

/** What scrolls around the element: only of it the margin counts. Null: the page itself. */
function scrollerOf(element: Element): Element | null {
  for (let around = element.parentElement; around !== null; around = around.parentElement)
    if (/auto|scroll/.test(getComputedStyle(around).overflowY)) return around
  return null
}

/** Whether the panel around is on the screen or near it. */
export function useIsSeen(): boolean {
  return useContext(SeenContext)
}
