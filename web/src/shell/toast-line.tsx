import { useEffect } from 'react'
import { closeToast, useToasts } from '../state/toasts.ts'

/** Milliseconds that a toast without an action stays. */
const staysMs = 5000

/** The oldest waiting toast, bottom left. Read aloud politely. */
export function ToastLine() {
  const toast = useToasts(({ queue }) => queue[0])
  useEffect(() => {
    if (toast === undefined || toast.action !== undefined) return
    const timer = setTimeout(() => closeToast(toast.id), staysMs)
    return () => clearTimeout(timer)
  }, [toast])
  return (
    <div aria-live="polite">
      {toast !== undefined && (
        <div className="toast">
          <span>{toast.text}</span>
          {toast.action !== undefined && (
            <button
              type="button"
              onClick={() => {
                toast.action?.run()
                closeToast(toast.id)
              }}
            >
              {toast.action.label}
            </button>
          )}
          <button type="button" onClick={() => closeToast(toast.id)}>
            Close
          </button>
        </div>
      )}
    </div>
  )
}
