/** How a customer pays. */
export type PaymentMethod = 'card' | 'paypal' | 'invoice' | 'gift_card'

/** A line of a cart, priced. */
export interface CartItem {
  readonly sku: string
  readonly quantity: number
  readonly priceCents: number
}

/** Who is logged in, as auth vouches for it. */
export interface Customer {
  readonly customerId: number
  readonly tier: 'basic' | 'gold'
}

/** An order on its way through the shop; also the message on the topic `orders`. */
export interface Order {
  readonly orderId: string
  readonly customer: Customer
  readonly items: readonly CartItem[]
  readonly totalCents: number
  readonly method: PaymentMethod
}

/** The message on the topic `notifications`. */
export interface OrderNotice {
  readonly orderId: string
  readonly customerId: number
  readonly trackingCode: string
}
