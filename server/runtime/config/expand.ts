/**
 * Puts environment variables into text wherever it stands in a value: `${NAME}`, or `${NAME:-fallback}` where the
 * variable is unset or empty; `$${` is a plain `${`. Names without a value and without a fallback go into `missing`.
 */
export function expandVariables(value: unknown, environment: NodeJS.ProcessEnv, missing: Set<string>): unknown {
  if (typeof value === 'string') return expandText(value, environment, missing)
  if (Array.isArray(value)) return value.map((one) => expandVariables(one, environment, missing))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, expandVariables(inner, environment, missing)]),
  )
}

function expandText(text: string, environment: NodeJS.ProcessEnv, missing: Set<string>): string {
  const variable = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
  return text.replaceAll(variable, (whole, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return '${'
    const value = environment[name]
    if (value !== undefined && (value !== '' || fallback === undefined)) return value
    if (fallback === undefined) missing.add(name)
    return fallback ?? whole
  })
}
