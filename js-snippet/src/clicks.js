// Clicks on links and on what the page marks with `data-footprint="name"`. Navigation is never delayed.
import { on } from "./guard.js";
import { isOwn, scrub } from "./url.js";

// The extensions of docs/semantics.md, section 11.
const FILE = /\.(pdf|zip|gz|tgz|tar|bz2|xz|7z|rar|exe|dmg|pkg|deb|rpm|iso|(doc|xls|ppt)x?|epub)$/i;

const nameOf = (link, domains) => {
  if (link.hasAttribute("download") || FILE.test(link.pathname)) return "download";
  return link.host && link.hostname !== location.hostname && !isOwn(link.hostname, domains) ? "outbound" : "link";
};

/** Emits one `click` per click or middle click on a link or a marked element. */
export const captureClicks = (tracker) =>
  on("click auxclick", (event) => {
    if (event.button > 1) return; // the right button opens a menu
    const found = event.composedPath()[0].closest("[data-footprint],a[href],area");
    if (!found) return;
    const link = found.closest("a[href],area");
    const properties = {
      label: found.dataset.footprint,
      text: found.textContent.trim().replace(/\s+/g, " ").slice(0, 80),
      id: found.id || undefined,
      // Of mailto: and tel: only the scheme leaves the page: the rest is somebody's address.
      href: link ? (link.host ? scrub(link.href) : link.protocol) : undefined,
    };
    tracker.emit_("track", { kind: "click", event: link ? nameOf(link, tracker.options_.domains) : "button", properties });
  });
