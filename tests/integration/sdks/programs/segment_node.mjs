// What a server does with Segment's SDK for Node, unmodified: `segment_node.mjs HOST KEY COUNT`.
import { Analytics } from "@segment/analytics-node"

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host })
let failed = 0
analytics.on("error", (error) => {
  failed += 1
  console.error(error)
})
const who = { userId: "c-1", anonymousId: "v-1" }
analytics.identify({ ...who, traits: { email: "anna@shop.example", plan: "pro" } })
analytics.page({
  ...who,
  category: "Shop",
  name: "Prices",
  properties: { url: "https://shop.example/prices", referrer: "https://search.example/" },
})
analytics.screen({ ...who, category: "App", name: "Prices" })
analytics.track({ ...who, event: "Order Completed", properties: { revenue: 49.5, currency: "EUR", rate: NaN } })
analytics.group({ ...who, groupId: "g-1", traits: { name: "Shop Ltd" } })
analytics.alias({ previousId: "v-0", userId: "c-1" })
for (let number = 0; number < Number(count); number += 1) {
  analytics.track({ ...who, event: "Step Taken", properties: { number } })
}
await analytics.closeAndFlush({ timeout: 30_000 })
process.exitCode = failed ? 1 : 0
