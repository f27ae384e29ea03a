import { useLayoutEffect } from 'react'
import { create } from 'zustand'

/** What the top bar names: the page, and the pages above it. */
interface Title {
  readonly title: string
  readonly parents: readonly { readonly word: string; readonly to: string }[]
}

export const useTitle = create<Title>(() => ({ title: '', parents: [] }))

const none: Title['parents'] = []

/** Sets the title of the page while it is shown, in the same frame as the page. `parents` must be stable. */
export function usePageTitle(title: string, parents: Title['parents'] = none): void {
  useLayoutEffect(() => {
    useTitle.setState({ title, parents })
    document.title = `${title} · Sightline`
  }, [title, parents])
}
