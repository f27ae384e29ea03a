/**
 * The users of the shop: people who log in, look around, fill a cart and pay. Requests arrive as people do, at random
 * moments and whether or not the shop keeps up.
 *
 * Environment: `SHOP_RATE` (requests per second on average), `SHOP_SEED`.
 */
import { Agent } from 'node:http'
import { followLauncher } from '../process/launcher-link.ts'
import { createRandom } from './random.ts'
import { createShopper, type Shopper } from './shopper.ts'

/** Most users in the shop at once; when all of them wait for an answer, an arrival is turned away. */
const maxShoppers = 400
/** A traffic spike brings so many times the usual rate. */
const spikeFactor = 6

const seed = Number(process.env.SHOP_SEED ?? 1)
const random = createRandom(seed)
const usualRate = Number(process.env.SHOP_RATE ?? 5)
const agent = new Agent({ keepAlive: true })
const idle: Shopper[] = []
let shoppers = 0
let rate = usualRate
let timer: NodeJS.Timeout | undefined
let gatewayPort = 0

followLauncher(0, {
  begin(ports) {
    gatewayPort = ports['api-gateway']
    clearTimeout(timer)
    if (usualRate > 0) arrive()
  },
  switchFault(name, active) {
    if (name !== 'traffic-spike') throw new Error(`the users have no fault ${name}`)
    rate = active ? usualRate * spikeFactor : usualRate
  },
  stop: () => clearTimeout(timer),
})

function arrive(): void {
  const shopper = idle.length > 0 ? idle.splice(Math.floor(random() * idle.length), 1)[0] : newcomer()
  if (shopper !== undefined)
    void shopper.step().finally(() => {
      idle.push(shopper)
    })
  timer = setTimeout(arrive, (-Math.log(1 - random()) / rate) * 1_000)
}

function newcomer(): Shopper | undefined {
  if (shoppers === maxShoppers) return undefined
  shoppers += 1
  // Each person has chances of their own: what one does must not depend on how quickly others are answered.
  return createShopper({ gatewayPort, agent, random: createRandom(seed * 1_000 + shoppers) })
}
