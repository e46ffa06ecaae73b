// One page's tracker: it gives every event its ids, its time, its page and its place in order.
import { guarded } from "./guard.js";
import { uuid } from "./ids.js";
import { forgetProof, proofOf, prove, tellProfile } from "./profile.js";
import { keep, recall } from "./store.js";
import { transport } from "./transport.js";
import { scrub, takeParameter } from "./url.js";
import { askVisitor } from "./visitor.js";

const CONSENT = "fp_consent";
const VISITOR = "fp_visitor";
const MAX_HELD = 50;
const ANSWER_MS = 2000; // after that the visitor's own id is good enough

/** Returns the tracker of this page. `emit_` builds and queues one event; `view_` is the page view it belongs to. */
export const createTracker = (options) => {
  const server = options.mode === "server";
  const kept = options.mode !== "none";
  const line = transport(options);
  const token = __FULL__ && takeParameter("_fpx"); // handed over by the site the visitor comes from
  const silent = navigator.globalPrivacyControl; // the visitor said no: nothing is stored, nothing leaves
  let consent = silent ? "denied" : (kept && recall(CONSENT)) || options.consent || "granted"; // a choice once made holds on every later page
  let asking, visitor;
  let held = [];

  /** Returns the visitor's id: `told`, or the kept one, or a new one. */
  const visitorId = (told) => {
    if (told || !tracker.sure_) {
      tracker.sure_ = 1; // until another tab may have made somebody else of the visitor
      visitor = told || (kept && recall(VISITOR)) || visitor || uuid();
      if (kept) keep(VISITOR, visitor);
    }
    return visitor;
  };

  const stamp = (type, fields) => JSON.stringify({ type, messageId: uuid(), timestamp: new Date().toISOString(), ...fields });

  const release = (text) => line.add_(`{"anonymousId":${JSON.stringify(visitorId())},${text}`);

  const letGo = () => {
    asking = 0;
    held.forEach(release);
    held = [];
  };

  const learned = guarded((answer) => {
    if (!asking) return;
    visitorId(answer?.visitorId);
    letGo();
  });

  /** Lets events go; at the first page of a visit only once the collector has told whose they are, where it may know better. */
  const begin = () => {
    if (__FULL__ && "profile" in options && kept && !token && !proofOf(recall(VISITOR))) {
      asking = 1;
      setTimeout(learned, ANSWER_MS);
      return prove(options).then(learned);
    }
    if (!token && !(server && !document.referrer.startsWith(location.origin))) return letGo();
    asking = 1;
    setTimeout(learned, ANSWER_MS);
    askVisitor(options, { visitorId: visitorId(), ...(token && { token }) }).then(learned);
  };

  const forget = () => {
    tracker.sure_ = visitor = tracker.customer_ = undefined;
    keep(VISITOR, "");
    if (__FULL__) forgetProof();
    if (server && !silent) askVisitor(options, { reset: true });
  };

  const tracker = {
    options_: options,
    line_: line,
    forget_: forget,

    /** Starts a page view of the present address; events from now on belong to it. */
    begin_(referrer = tracker.view_.url_) {
      tracker.view_ = { id_: uuid(), seq_: 0, referrer_: scrub(referrer) };
      tracker.look_();
    },

    /** Takes the address and title of the page as they are now, in the words that every event of the view ends with. */
    look_() {
      const view = tracker.view_;
      view.url_ = scrub(location.href);
      view.text_ = JSON.stringify({
        pageviewId: view.id_,
        context: {
          page: { url: view.url_, title: document.title, referrer: view.referrer_ },
          screen: { width: screen.width, height: screen.height },
          locale: navigator.language,
          library: { name: "fp.js", version: __VERSION__ },
          webdriver: navigator.webdriver,
        },
      }).slice(1, -1) + ",";
    },

    /** Queues one event of `type` with `fields` on top of what every event carries. */
    emit_(type, fields) {
      if (consent === "denied") return;
      const view = tracker.view_;
      const text = view.text_ + stamp(type, { userId: tracker.customer_, seq: view.seq_++, ...fields }).slice(1);
      if (consent === "granted" && !asking) release(text);
      else held = held.concat(text).slice(0, MAX_HELD);
    },

    /** Returns the visitor's id, undefined without consent. */
    visitor_() {
      if (consent === "granted") return visitorId();
    },

    /** Sends what there is: the page may be gone in a moment. */
    leave_() {
      if (asking) letGo();
      line.leave_();
    },

    /** Applies the visitor's choice: `granted` lets go what was held, `denied` forgets everything kept here. */
    consent_(choice) {
      if (silent || choice === consent || !/^(granted|denied|pending)$/.test(choice)) return;
      const news = { event: "Consent Updated", properties: { consent: choice } };
      consent = choice;
      asking = 0;
      if (choice === "denied") {
        held = [];
        line.drop_();
        forget();
        line.add_(stamp("track", news)); // without ids: it belongs to nobody
      }
      if (kept) keep(CONSENT, choice);
      if (choice === "granted") {
        tracker.emit_("track", news);
        begin();
      }
    },
  };
  if (__FULL__) {
    /** Tells what the site lists of the visitor's profile. */
    tracker.profile_ = (callback, customer) => {
      if (asking) setTimeout(tracker.profile_, 50, callback, customer);
      else if (consent === "granted") tellProfile(options, visitorId(), callback, customer);
      else setTimeout(callback, 0, {});
    };
  }
  tracker.begin_(document.referrer);
  if (consent === "denied") line.drop_();
  else if (consent === "granted") begin();
  return tracker;
};
