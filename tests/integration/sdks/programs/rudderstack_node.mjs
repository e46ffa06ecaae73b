// What a server does with RudderStack's SDK for Node, unmodified: `rudderstack_node.mjs HOST KEY COUNT`.
import Analytics from "@rudderstack/rudder-sdk-node"

const [dataPlaneUrl, key, count] = process.argv.slice(2)
let failed = 0
const analytics = new Analytics(key, {
  dataPlaneUrl,
  errorHandler: (error) => {
    failed += 1
    console.error(error.message)
  },
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
analytics.track({ ...who, event: "Order Completed", properties: { revenue: 49.5, currency: "EUR" } })
analytics.group({ ...who, groupId: "g-1", traits: { name: "Shop Ltd" } })
analytics.alias({ previousId: "v-0", userId: "c-1" })
for (let number = 0; number < Number(count); number += 1) {
  analytics.track({ ...who, event: "Step Taken", properties: { number } })
}
await analytics.flush()
process.exitCode = failed ? 1 : 0
