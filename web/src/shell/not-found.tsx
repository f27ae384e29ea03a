import { ScreenLink } from './screen-link.tsx'
import { usePageTitle } from './title.ts'

/** An address that names no screen. */
export function NotFound() {
  usePageTitle('Not found')
  return (
    <main className="page">
      <p>There is no screen at this address. It may come from a newer version.</p>
      <p>
        <ScreenLink to="services">Go to Services</ScreenLink>
      </p>
    </main>
  )
}
