// Page views: loading, moves inside a single-page application, returns from the back/forward cache.
import { guarded, on } from "./guard.js";
import { scrub, takeParameter } from "./url.js";

/** Returns what was searched for on this page (full build), by the parameter names that sites use. */
const searched = () => {
  const told = new URLSearchParams(location.search);
  const name = ["q", "query", "s", "search", "keyword"].find((one) => told.get(one));
  return name && scrub(told.get(name)).slice(0, 100);
};

/** Counts page views on `tracker`; `settle(reason)` is called before each next view begins. */
export const capturePages = (tracker, settle) => {
  const { spa } = tracker.options_;
  let pending, last;

  const path = () => location.pathname + (spa === "hash" ? location.hash : "");

  const count = (navigation) => {
    last = path();
    tracker.look_();
    tracker.emit_("page", { properties: { navigation, ...(__FULL__ && { search: searched() }) } });
  };

  // Until somebody looks at the tab it has not been viewed.
  const first = () => {
    if (last || document.hidden) return;
    count();
    if (__FULL__) takeParameter("fp_click"); // the e-mail that led here: this view's address tells it, a copied link must not
  };

  const move = guarded(() => {
    pending = 0;
    if (path() === last) return;
    tracker.begin_();
    count();
  });

  const moved = guarded(() => {
    if (!last || path() === last || pending) return;
    settle("move");
    pending = setTimeout(move); // a router calls before it has drawn: a task later the title and the final address are there
  });

  const follow = (method) => {
    const original = history[method];
    history[method] = (...args) => {
      const result = original.apply(history, args);
      moved();
      return result;
    };
  };

  first();
  on("visibilitychange", first);
  on("pageshow", (event) => {
    if (!event.persisted) return;
    tracker.begin_(tracker.view_.referrer_);
    settle();
    count("back_forward");
  });
  if (spa === "off") return;
  follow("pushState");
  if (spa === "replace") follow("replaceState");
  on("popstate", moved); // also of a changed hash
};
