// Page views: loading, moves inside a single-page application, returns from the back/forward cache.
import { guarded, hidden, on } from "./guard.js";

/** Counts page views on `tracker`; `settle(reason)` is called before each next view begins. */
export const capturePages = (tracker, settle) => {
  const { spa } = tracker.options_;
  let pending, last;

  const path = () => location.pathname + (spa === "hash" ? location.hash : "");

  const count = (properties) => {
    last = path();
    tracker.look_();
    tracker.emit_("page", { kind: "page_view", properties });
  };

  // Until somebody looks at the tab it has not been viewed.
  const first = () => last === undefined && !hidden() && count();

  const move = guarded(() => {
    pending = 0;
    if (path() === last) return;
    tracker.begin_(tracker.view_.page_.url);
    count();
  });

  const moved = () => {
    if (last === undefined || path() === last || pending) return;
    settle("move");
    pending = setTimeout(move); // a router calls before it has drawn: a task later the title and the final address are there
  };

  const follow = (method) => {
    const original = history[method];
    history[method] = function () {
      const result = original.apply(this, arguments);
      guarded(moved)();
      return result;
    };
  };

  first();
  on("visibilitychange", first);
  on("pageshow", (event) => {
    if (!event.persisted) return;
    tracker.begin_(tracker.view_.page_.referrer);
    settle();
    count({ navigation: "back_forward" });
  });
  if (spa === "off") return;
  follow("pushState");
  if (spa === "replace") follow("replaceState");
  on(spa === "hash" ? "popstate hashchange" : "popstate", moved);
};
