// Errors of the page's own scripts (full build): the first few of each page view.
import { on } from "./guard.js";
import { scrub } from "./url.js";

const MOST = 5;

/** Emits one `JavaScript Error` per uncaught error or unhandled rejection. */
export const captureErrors = (tracker) => {
  let view, count;
  on("error unhandledrejection", ({ message, reason, filename, lineno, colno }) => {
    if (!message && !reason) return; // an image or a script that did not load
    if (view !== tracker.view_) count = 0;
    view = tracker.view_;
    if (++count > MOST) return;
    const text = scrub(String(message || reason)).slice(0, 200);
    tracker.emit_("track", {
      event: "JavaScript Error",
      properties: { message: text, source: filename && scrub(filename), line: lineno, column: colno },
    });
  });
};
