// The one global, `footprint`: takes over from the stub, waits until the page may be counted, then replays every call.
import { captureClicks } from "./clicks.js";
import { captureEngagement } from "./engagement.js";
import { captureForms } from "./forms.js";
import { guarded, hidden, on } from "./guard.js";
import { fromScript, words } from "./options.js";
import { capturePages } from "./pages.js";
import { createTracker } from "./tracker.js";

const stub = window.footprint || {};

/** Returns what each call of `footprint(name, ...)` does. */
const commandsOf = (tracker, settle) => ({
  track: (event, properties) => tracker.emit_("track", { event, properties }),
  page(properties) {
    if (tracker.view_.seq_) {
      settle("move");
      tracker.begin_(tracker.view_.page_.url);
    }
    tracker.emit_("page", { kind: "page_view", properties });
  },
  identify(customer, traits) {
    tracker.who_.customer_ = String(customer);
    tracker.emit_("identify", { traits });
  },
  alias: (previousId) => tracker.emit_("alias", { previousId }),
  group: (groupId, traits) => tracker.emit_("group", { groupId, traits }),
  consent: tracker.consent_,
  reset() {
    settle("reset");
    tracker.who_.forget_();
  },
  ready: (callback) => setTimeout(callback, 0, { visitorId: tracker.visitor_(), pageviewId: tracker.view_.id_ }),
});

/** Starts capturing and returns the tracker and its commands. */
const start = (options) => {
  const tracker = createTracker(options);
  const wanted = words(options.auto);
  const settle = wanted.includes("engagement") ? captureEngagement(tracker) : () => {};
  if (wanted.includes("page")) capturePages(tracker, settle);
  if (wanted.includes("click")) captureClicks(tracker);
  if (wanted.includes("form")) captureForms(tracker);
  on("visibilitychange", () => hidden() && tracker.line_.flush_());
  on("pagehide", tracker.line_.leave_);
  return [commandsOf(tracker, settle), tracker.line_.leave_];
};

/** Calls `fn` once, when the document is parsed or is being left before that (then with true), not while it is prerendered. */
const whenReady = (fn) => {
  let called;
  const look = (event) => {
    const leaving = event && event.type === "pagehide";
    if (called || document.prerendering || (document.readyState === "loading" && !leaving)) return;
    called = 1;
    fn(leaving);
  };
  on("prerenderingchange DOMContentLoaded pagehide", look);
  look();
};

const install = () => {
  const options = fromScript(document.currentScript);
  const waiting = [];
  let replayed, begun, commands;

  const call = guarded(([name, ...args]) => {
    if (commands) {
      commands[name](...args); // an unknown name throws into the guard
    } else if (name === "init") {
      Object.assign(options, args[0]);
      begin();
    } else {
      waiting.push([name, ...args]);
    }
  });

  const begin = () => {
    if (begun || !replayed || !options.key) return;
    begun = 1;
    whenReady((leaving) => {
      const [started, leave] = start(options);
      commands = started;
      waiting.forEach(call);
      if (leaving) leave();
    });
  };

  const footprint = (...args) => call(args);
  footprint.version = __VERSION__;
  footprint.q = { push: call }; // a stub that somebody kept still finds its way
  window.footprint = footprint;
  (stub.q || []).forEach(call);
  replayed = 1;
  begin();
};

if (!stub.version) guarded(install)();
