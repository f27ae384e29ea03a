import { csv } from './csv.ts'
import { dissect } from './dissect.ts'
import { drop } from './drop.ts'
import { grok } from './grok.ts'
import { json } from './json.ts'
import { logfmt } from './logfmt.ts'
import { match } from './match.ts'
import { metric } from './metric.ts'
import { redact } from './redact.ts'
import { regex } from './regex.ts'
import { remove } from './remove.ts'
import { rename } from './rename.ts'
import { route } from './route.ts'
import { sample } from './sample.ts'
import { set } from './set.ts'
import type { Stage } from './stage.ts'

/** All kinds of stages, in the order of the documentation: the list is the whole registration. */
export const stages: readonly Stage[] = [
  match,
  grok,
  regex,
  dissect,
  json,
  logfmt,
  csv,
  rename,
  set,
  remove,
  redact,
  sample,
  route,
  drop,
  metric,
]
