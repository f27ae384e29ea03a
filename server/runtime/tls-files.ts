import { readFileSync } from 'node:fs'

/** Certificate (with its chain) and private key of a listener, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads both files; null where none are named: no TLS. Throws: what reading a file throws. */
export function readTlsFiles({ certFile, keyFile }: { certFile: string; keyFile: string }): TlsFiles | null {
  return certFile === '' ? null : { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}
