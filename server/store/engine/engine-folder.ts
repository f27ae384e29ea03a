import { join } from 'node:path'

/** Where everything of the embedded engine lies below its folder. */
export interface EngineFolder {
  readonly root: string
  /** ClickHouse's own data path. Its `status` file there is locked by the running engine process. */
  readonly data: string
  readonly serverConfig: string
  readonly usersConfig: string
  /** The HTTP port of the running engine: decimal digits and a line feed. */
  readonly portFile: string
  /** Large answers, each a file that is removed once it is read. Emptied at each start. */
  readonly answers: string
  /** Locked by the program that owns the folder, see folder-lock.ts. */
  readonly lock: string
}

export function engineFolder(root: string): EngineFolder {
  return {
    root,
    data: join(root, 'data'),
    serverConfig: join(root, 'server.xml'),
    usersConfig: join(root, 'users.xml'),
    portFile: join(root, 'port'),
    answers: join(root, 'answers'),
    lock: join(root, 'lock'),
  }
}

/** What the engine process tells its parent. */
export interface ChildMessage {
  readonly kind: 'listening'
  /** TCP port of the HTTP interface on 127.0.0.1. */
  readonly port: number
}
