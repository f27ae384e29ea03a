/** Why a request is turned away; receivers and the API put it into their protocol's own form. */
export interface Refusal {
  /** 400 contradictory, 401 no or wrong credentials, 403 not allowed, 503 cannot be told just now. */
  readonly status: 400 | 401 | 403 | 503
  /** For the sender: what is missing and where to say it. Never holds a credential. */
  readonly message: string
}

/** Request headers with lower-case names, as node:http and gRPC metadata give them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export function refuse(status: Refusal['status'], message: string): Refusal {
  return { status, message }
}

/** A header's value; '' where it is missing. Of repeated ones the first. */
export function headerOf(headers: RequestHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

export function isRefusal(answer: object): answer is Refusal {
  return 'status' in answer && 'message' in answer
}
