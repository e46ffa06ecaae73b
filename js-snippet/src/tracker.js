// One page's tracker: it gives every event its ids, its time, its page and its place in order.
import { person, uuid } from "./ids.js";
import { keep, recall } from "./store.js";
import { transport } from "./transport.js";
import { scrub } from "./url.js";

const CONSENT = "fp_consent";
const MAX_HELD = 50;

/** Returns the tracker of this page. `emit_` builds and queues one event; `view_` is the page view it belongs to. */
export const createTracker = (options) => {
  const line = transport(options);
  const who = person(options);
  const silent = navigator.globalPrivacyControl; // the visitor said no: nothing is stored, nothing leaves
  let consent = recall(CONSENT) || options.consent; // a choice once made holds on every later page
  let held = [];

  const stamp = (type, fields) => ({ type, messageId: uuid(), timestamp: new Date().toISOString(), ...fields });

  const release = (event) => {
    event.anonymousId = who.visitor_();
    line.add_(event);
  };

  const tracker = {
    options_: options,
    line_: line,
    who_: who,

    /** Starts a page view of the present address; events from now on belong to it. */
    begin_(referrer) {
      tracker.view_ = { id_: uuid(), seq_: 0, page_: { referrer: scrub(referrer) } };
      tracker.look_();
    },

    /** Takes the address and title of the page as they are now. */
    look_() {
      const view = tracker.view_;
      view.page_ = { url: scrub(location.href), title: document.title, referrer: view.page_.referrer };
    },

    /** Queues one event of `type` with `fields` on top of what every event carries. */
    emit_(type, fields) {
      if (silent || consent === "denied") return;
      const view = tracker.view_;
      const event = stamp(type, {
        userId: who.customer_,
        pageviewId: view.id_,
        seq: view.seq_++,
        context: {
          page: view.page_,
          screen: { width: screen.width, height: screen.height },
          locale: navigator.language,
          library: { name: "fp.js", version: __VERSION__ },
          webdriver: navigator.webdriver,
        },
        ...fields,
      });
      if (consent === "granted") release(event);
      else held = held.concat(event).slice(0, MAX_HELD);
    },

    /** Returns the visitor's id, undefined without consent. */
    visitor_: () => (silent || consent !== "granted" ? undefined : who.visitor_()),

    /** Applies the visitor's choice: `granted` lets go what was held, `denied` forgets everything kept here. */
    consent_(choice) {
      if (silent || choice === consent || !/^(granted|denied|pending)$/.test(choice)) return;
      const news = { kind: "consent", event: "Consent Updated", properties: { consent: choice } };
      consent = choice;
      if (choice === "denied") {
        line.drop_();
        who.forget_();
        line.add_(stamp("track", news)); // without ids: it belongs to nobody
      }
      if (options.mode !== "none") keep(CONSENT, choice);
      if (choice === "granted") {
        tracker.emit_("track", news);
        held.forEach(release);
      }
      held = [];
    },
  };
  tracker.begin_(document.referrer);
  if (silent || consent === "denied") line.drop_();
  return tracker;
};
