// Clicks on links and on what the page marks with `data-footprint="name"`. Navigation is never delayed.
import { on } from "./guard.js";
import { isOwn, scrub } from "./url.js";

// The extensions of docs/semantics.md, section 11.
const FILE = /\.(pdf|zip|gz|tgz|tar|bz2|xz|7z|rar|exe|dmg|pkg|deb|rpm|iso|(doc|xls|ppt)x?|epub)$/i;

/** Emits one `click` per click or middle click on a link or a marked element, also from inside a web component. */
export const captureClicks = (tracker) => {
  const { hostname } = location; // asked once: the browser takes its time to answer

  const nameOf = (link) => {
    if (link.hasAttribute("download") || FILE.test(link.pathname)) return "download";
    return link.host && link.hostname !== hostname && !isOwn(link.hostname, tracker.options_.domains) ? "outbound" : "link";
  };

  on("click auxclick", (event) => {
    if (event.button > 1) return; // the right button opens a menu
    const way = event.composedPath(); // asked one by one: a selector would cost more
    const link = way.find((one) => /^a(rea)?$/.test(one.localName) && one.href);
    const found = way.find((one) => one === link || one.dataset?.footprint != null);
    if (!found) return;
    tracker.emit_("track", {
      event: link ? nameOf(link) : "button",
      kind: "click",
      properties: {
        label: found.dataset.footprint,
        text: found.textContent.trim().replace(/\s+/g, " ").slice(0, 80),
        id: found.id || undefined,
        // Of mailto: and tel: only the scheme leaves the page: the rest is somebody's address.
        href: link && (link.host ? scrub(link.href) : link.protocol),
      },
    });
  });
};
