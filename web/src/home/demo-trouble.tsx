import type { Demo } from './use-demo.ts'

/** Why the last act on the shop failed. */
export function DemoTrouble({ demo }: { demo: Demo }) {
  const words = demo.trouble ?? demo.state?.message
  if (words === undefined) return null
  return (
    <p className="err" role="alert">
      {words}
    </p>
  )
}
