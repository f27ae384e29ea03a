/** What a regex found: by number, or by name; '' where a group took no part. */
export interface Captures {
  group(key: number | string): string
}

const reference = /^(?:([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/u

/**
 * Fills `$1`, `$name`, `${1}` and `${name}` of a template in; `$$` is a dollar sign. A name is as long as it can be
 * (`$1x` is the group named `1x`); groups that do not exist are empty; a `$` that begins no name stays.
 * Source: Go regexp.Expand.
 */
export function expandTemplate(template: string, captures: Captures): string {
  let result = ''
  let rest = template
  for (;;) {
    const dollar = rest.indexOf('$')
    if (dollar < 0) return result + rest
    result += rest.slice(0, dollar)
    rest = rest.slice(dollar + 1)
    const match = reference.exec(rest)
    if (rest.startsWith('$')) {
      result += '$'
      rest = rest.slice(1)
    } else if (match === null) result += '$'
    else {
      const name = match[1] ?? match[2]
      result += captures.group(/^\d+$/.test(name) ? Number(name) : name)
      rest = rest.slice(match[0].length)
    }
  }
}

/** Whether `$1` and the like stand in a template. */
export function hasReference(template: string): boolean {
  return template.includes('$')
}
