import { apacheError } from './formats/apache-error.ts'
import { consoleLevel } from './formats/console-level.ts'
import { goLog } from './formats/go-log.ts'
import { haproxy } from './formats/haproxy.ts'
import { httpAccess } from './formats/http-access.ts'
import { java } from './formats/java.ts'
import { json } from './formats/json.ts'
import { keyValue } from './formats/key-value.ts'
import { klog } from './formats/klog.ts'
import { logfmt } from './formats/logfmt.ts'
import { nginxError } from './formats/nginx-error.ts'
import { nodeConsole } from './formats/node-console.ts'
import { postgresql } from './formats/postgresql.ts'
import { python } from './formats/python.ts'
import { syslogFile } from './formats/syslog-file.ts'
import { timestamped } from './formats/timestamped.ts'
import { zapConsole } from './formats/zap-console.ts'
import type { LineFormat } from './line-format.ts'

/** All forms of lines that are known, the surest first: the list is the whole registration. */
export const lineFormats: readonly LineFormat[] = [
  json,
  haproxy,
  klog,
  httpAccess,
  nginxError,
  apacheError,
  postgresql,
  zapConsole,
  java,
  nodeConsole,
  python,
  logfmt,
  syslogFile,
  consoleLevel,
  goLog,
  timestamped,
  keyValue,
]
