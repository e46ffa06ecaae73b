// Clicks on links and on what the page marks with `data-footprint="name"`. Navigation is never delayed.
import { on } from "./guard.js";
import { isFile, isOwn, scrub } from "./url.js";

const nameOf = (link, domains) => {
  if (isFile(link)) return "download";
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
