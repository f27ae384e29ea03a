import { Link } from '@tanstack/react-router'
import type { CSSProperties, ReactNode } from 'react'
import type { Search } from '../url/search.ts'
import { carried, useAddress, useTenant } from '../url/use-search.ts'

interface ScreenLinkProps {
  /** Path below the tenant: `services`, `traces/4f1c…`. */
  readonly to: string
  readonly search?: Search
  readonly className?: string
  readonly style?: CSSProperties
  readonly title?: string
  readonly tabIndex?: number
  /** Name for readers, where the words on the link are not enough. */
  readonly label?: string
  readonly children: ReactNode
}

/** A link that keeps the range, the zone and the scope filters. */
export function ScreenLink({ to, search, className = 'lnk', label, children, ...rest }: ScreenLinkProps) {
  const tenant = useTenant()
  const address = useAddress()
  return (
    <Link
      to={`/${tenant}/${to}` as string}
      search={{ ...carried(address), ...search } as never}
      className={className}
      {...rest}
      {...(label === undefined ? {} : { 'aria-label': label })}
      activeProps={{}}
    >
      {children}
    </Link>
  )
}
