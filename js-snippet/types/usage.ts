// Compiled by `npm run types`, never run: what must be allowed, and what must not.
import footprint, { type Here } from "footprint-snippet";
import { footprint as full } from "footprint-snippet/full";

footprint("init", { key: "KEY", collector: "https://collector.example", mode: "server", consent: "pending" });
footprint("track", "Product Added", { price: 18, currency: "EUR" });
footprint("identify", 42, { plan: "Pot" });
footprint("consent", "granted");
footprint("ready", ({ visitorId, pageviewId }: Here) => window.footprint("track", `${visitorId} ${pageviewId}`));
full("page", { category: "help" });
full("profile", ({ interests = [] }) => window.footprint("track", interests.map((one) => one.category).join()), "token");

// @ts-expect-error there is no such call
footprint("trak", "Product Added");
// @ts-expect-error there is no such choice
footprint("consent", "maybe");
// @ts-expect-error a key is needed
footprint("init", {});
