import type { CartItem, PaymentMethod } from './orders.ts'

/** The sum of a cart, cents. */
export function priceOrder(items: readonly CartItem[]): number {
  return items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0)
}

interface Terms {
  readonly surchargeCents: number
}

const terms: Readonly<Partial<Record<PaymentMethod, Terms>>> = {
  card: { surchargeCents: 0 },
  invoice: { surchargeCents: 150 },
  gift_card: { surchargeCents: 0 },
}

/** The pricing of the bad deploy: it forgets one way to pay, and fails for everybody who uses it. */
export function priceOrderWithTerms(items: readonly CartItem[], method: PaymentMethod): number {
  const { surchargeCents } = terms[method] as Terms
  return priceOrder(items) + surchargeCents
}
