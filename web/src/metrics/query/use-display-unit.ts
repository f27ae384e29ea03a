import { useMemo } from 'react'
import type { MetricFamily } from '../../../../contract/index.ts'
import { useAddress } from '../../url/use-search.ts'
import { type DisplayUnit, unitChoices, unitOfQuery } from '../units.ts'
import { useIsWord } from '../use-catalog.ts'

/** The unit that a person chose, else the one that all queries share, else plain numbers. */
export function useDisplayUnit(texts: readonly string[], families: readonly MetricFamily[]): DisplayUnit {
  const { unit } = useAddress()
  const isWord = useIsWord()
  const said = useMemo(
    () => new Map(families.flatMap((family) => family.names.map(({ name }) => [name, family.unit] as const))),
    [families],
  )
  const chosen = unit === undefined ? undefined : unitChoices[unit]
  if (chosen !== undefined) return chosen
  const units = texts.map((text) => unitOfQuery(text, { unitOf: (name) => said.get(name) ?? '', isWord }))
  return units.length > 0 && units.every((one) => one === units[0]) ? units[0] : unitChoices['1']
}
