import { useSyncExternalStore } from 'react'

/** Pixels of a table row in the density of the document, 44 on touch devices. */
export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () =>
    Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row-h')),
  )
}

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-density'] })
  return () => observer.disconnect()
}
