// Cross-domain hand-over (full build): links to the site's own `domains` carry a short-lived token of the collector.
import { on } from "./guard.js";
import { isOwn } from "./url.js";
import { askVisitor } from "./visitor.js";

const FRESH_MS = 100e3; // the collector takes a token for 120 s

/** Returns the link of an event that leads to another of the site's own hosts. */
const handed = (event, domains) => {
  const link = event.composedPath()[0].closest("a[href]");
  if (link && link.hostname !== location.hostname && isOwn(link.hostname, domains)) return link;
};

/** Fetches a token when somebody is about to follow such a link, and adds it when they do. Never waits for it. */
export const captureHandover = (tracker) => {
  const { domains } = tracker.options_;
  let asked = -FRESH_MS;
  let token;

  on("pointerover pointerdown focusin", (event) => {
    const visitor = tracker.visitor_();
    if (!visitor || performance.now() - asked < FRESH_MS || !handed(event, domains)) return;
    asked = performance.now();
    token = 0;
    askVisitor(tracker.options_, { visitorId: visitor }).then((answer) => {
      token = answer && answer.token;
      if (!token) asked = -FRESH_MS;
    });
  });

  on("click auxclick", (event) => {
    const link = handed(event, domains);
    if (!link || !token || event.button > 1 || performance.now() - asked > FRESH_MS) return;
    const url = new URL(link.href);
    url.searchParams.set("_fpx", token);
    link.href = url;
    token = 0; // it is good once
    asked = -FRESH_MS;
  });
};
