import { create } from 'zustand'

/** A short word at the bottom left, one at a time; never for the success of something that can be seen. */
export interface Toast {
  readonly id: number
  readonly text: string
  /** With an action it stays until closed. */
  readonly action?: { readonly label: string; readonly run: () => void }
}

export const useToasts = create<{ readonly queue: readonly Toast[] }>(() => ({ queue: [] }))

let lastId = 0

export function showToast(text: string, action?: Toast['action']): void {
  lastId += 1
  const toast: Toast = { id: lastId, text, ...(action === undefined ? {} : { action }) }
  useToasts.setState(({ queue }) => ({ queue: [...queue, toast] }))
}

export function closeToast(id: number): void {
  useToasts.setState(({ queue }) => ({ queue: queue.filter((toast) => toast.id !== id) }))
}
