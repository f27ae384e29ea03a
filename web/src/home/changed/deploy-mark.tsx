/** A deploy, as on the rail and on charts. */
export function DeployMark() {
  return (
    <svg className="mark" viewBox="0 0 12 12" aria-hidden="true" style={{ color: 'var(--text-2)' }}>
      <path d="M2 3h8L6 10z" fill="currentColor" />
    </svg>
  )
}
