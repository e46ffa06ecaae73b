// The one global, `footprint`: takes over from the stub, waits until the page may be counted, then replays every call.
import { captureClicks } from "./clicks.js";
import { captureEngagement } from "./engagement.js";
import { captureErrors } from "./errors.js";
import { captureForms } from "./forms.js";
import { guarded, ignore, on } from "./guard.js";
import { captureHandover } from "./handover.js";
import { captureMedia } from "./media.js";
import { fromScript } from "./options.js";
import { capturePages } from "./pages.js";
import { createTracker } from "./tracker.js";

/** Returns what each call of `footprint(name, ...)` does. */
const commandsOf = (tracker, settle) => ({
  track: (event, properties) => tracker.emit_("track", { event, properties }),
  page(properties) {
    if (tracker.view_.seq_) {
      settle("move");
      tracker.begin_();
    }
    tracker.emit_("page", { properties });
  },
  identify(customer, traits) {
    tracker.customer_ = String(customer);
    tracker.emit_("identify", { traits });
  },
  alias: (previousId) => tracker.emit_("alias", { previousId }),
  group: (groupId, traits) => tracker.emit_("group", { groupId, traits }),
  consent: tracker.consent_,
  reset() {
    settle("reset");
    tracker.line_.flush_(); // by fetch: a beacon carries cookies, and would make the old visitor the collector's new one
    tracker.forget_();
  },
  leave_: tracker.leave_,
  ready: (callback) => setTimeout(callback, 0, { visitorId: tracker.visitor_(), pageviewId: tracker.view_.id_ }),
});

/** Starts capturing and returns what is called from outside: the commands, and `leave_`. */
const start = (options) => {
  const tracker = createTracker(options);
  const has = (name) => (options.auto ?? name).includes(name);
  const engaged = has("engagement") ? captureEngagement(tracker) : ignore;
  const abandon = has("form") ? captureForms(tracker) : ignore;
  const settle = __FULL__
    ? (reason) => {
        if (reason) abandon();
        engaged(reason);
      }
    : engaged;
  if (has("page")) capturePages(tracker, settle);
  if (has("click")) captureClicks(tracker);
  if (__FULL__ && has("media")) captureMedia(tracker);
  if (__FULL__ && has("error")) captureErrors(tracker);
  if (__FULL__ && options.domains) captureHandover(tracker);
  on("visibilitychange freeze storage", () => {
    tracker.sure_ = 0;
    if (document.hidden) tracker.line_.flush_();
  });
  on("pagehide", tracker.leave_);
  return __FULL__ ? { ...commandsOf(tracker, settle), profile: tracker.profile_ } : commandsOf(tracker, settle);
};

/**
 * Calls `fn` once, when the document is parsed or is being left before that (then with true), not while it is prerendered.
 * A deferred script runs before `DOMContentLoaded`, which is still to come.
 */
const whenReady = (deferred, fn) => {
  let parsed = document.readyState < (deferred ? "i" : "l"); // complete, interactive, loading: their alphabet is their order
  const look = ({ type }) => {
    parsed = parsed || !/^prer/.test(type);
    if (parsed && !document.prerendering) fn(type === "pagehide");
  };
  on("prerenderingchange DOMContentLoaded load pagehide", look);
  look({ type: "prer" });
};

/** Makes `window.footprint`, once however often the file is included. */
export const install = () => {
  const stub = window.footprint || {};
  if (stub.version) return;
  const script = document.currentScript || {};
  const options = fromScript(script);
  const waiting = [];
  let commands;

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
    if (!options.key) return;
    options.collector = options.collector.replace(/\/$/, "");
    whenReady(script.defer, (leaving) => {
      if (commands) return;
      commands = start(options);
      waiting.forEach(call);
      if (leaving) commands.leave_();
    });
  };

  window.footprint = Object.assign((...args) => call(args), {
    version: __VERSION__,
    q: { push: call }, // a stub that somebody kept still finds its way
  });
  stub.q?.forEach(call);
  begin();
};
