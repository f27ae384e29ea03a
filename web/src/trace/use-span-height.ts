import { useSyncExternalStore } from 'react'

const phone = '(max-width: 599px)'
/** Pixels of a line on a phone: the name over its bar. */
const phoneHeight = 44

/** Pixels of a line of the waterfall in the density of the document. */
export function useSpanHeight(): number {
  return useSyncExternalStore(subscribe, () =>
    matchMedia(phone).matches
      ? phoneHeight
      : Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--span-h')),
  )
}

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-density'] })
  const media = matchMedia(phone)
  media.addEventListener('change', changed)
  return () => {
    observer.disconnect()
    media.removeEventListener('change', changed)
  }
}
