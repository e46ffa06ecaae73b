// From event to acknowledged: a queue kept in local storage until the collector has answered 200.
import { guarded, ignore, on } from "./guard.js";
import { uuid } from "./ids.js";
import { readLocal, writeLocal } from "./store.js";

const QUEUE = "fp_queue.";
const DELAY_MS = 1000;
const MAX_EVENTS = 200;
const MAX_KEPT = 256e3;
const MAX_BATCH = 48e3;
const QUOTA = 6e4; // all beacons and keepalive requests of a page share 64 KiB, other scripts' too
const BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 3e5;

const sizeOf = (text) => new Blob([text]).size;
const itemOf = (text) => ({ text_: text }); // and `sending_` while a request carries it

/** Delivers events to the collector. What is added is delivered by this page or a later one; ids make repeats harmless. */
export const transport = (options) => {
  const kept = options.mode !== "none";
  const name = QUEUE + uuid(); // a queue is one page's: whoever holds the lock of its name
  const { locks } = navigator;
  let queue = [];
  let failures = 0;
  let inFlight = 0;
  let notBefore = 0;
  let timer, stopped, unlock;

  const save = () => {
    let text;
    while ((text = queue.map((item) => item.text_).join("\n")).length > MAX_KEPT || queue.length > MAX_EVENTS) queue.shift();
    if (kept) writeLocal(name, text);
  };

  const wake = () => {
    timer = timer || setTimeout(due, Math.max(DELAY_MS, notBefore - Date.now()));
  };

  const due = guarded(() => {
    timer = 0;
    flushNow();
  });

  const remove = (items) => {
    queue = queue.filter((item) => !items.includes(item));
    save();
  };

  /** Sends items by `send`, in halves where they are more than one batch. */
  const pack = (items, send) => {
    const body = `{"batch":[${items.map((item) => item.text_)}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(options.key)}}`;
    const size = sizeOf(body);
    if (items[1] && size > MAX_BATCH) halve(items, send);
    else if (items[0]) send(items, body, size);
  };

  const halve = (items, send) => {
    const middle = items.length >> 1;
    pack(items.slice(0, middle), send);
    pack(items.slice(middle), send);
  };

  /** Sends what waits. */
  const flush = (send) => stopped || pack(queue.filter((item) => !item.sending_), send);

  const answered = (items, { status, headers }) => {
    items.forEach((item) => (item.sending_ = 0));
    if (status === 200) {
      failures = 0;
      remove(items);
    } else if (status === 401 || status === 410) {
      stopped = 1; // this key is not served: silent until the next page
    } else if (status === 400 || status === 413) {
      if (items[1]) halve(items, post);
      else remove(items); // it alone is refused, and would be again
    } else {
      const wait = Math.max(Math.min(BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS), (headers && headers.get("retry-after")) * 1000 || 0);
      notBefore = Date.now() + wait * (1 + Math.random() / 2);
    }
    if (queue[0]) wake();
  };

  /** Sends by fetch: one that outlives the page, unless the browser would refuse it (others share the quota) or just did. */
  const post = (items, body, size, plain = failures) => {
    const keepalive = !plain && inFlight + size <= QUOTA;
    const done = guarded((answer) => {
      inFlight -= size;
      answered(items, answer);
    });
    items.forEach((item) => (item.sending_ = 1));
    inFlight += size;
    fetch(`${options.collector}/v1/batch`, { method: "POST", body, keepalive, credentials: "omit" }).then(done, done); // an error has no status
  };

  const beacon = (items, body, size) => {
    if (navigator.sendBeacon(`${options.collector}/beacon/v1/batch?writeKey=${encodeURIComponent(options.key)}`, body)) return;
    if (items[1]) halve(items, beacon);
    else post(items, body, size, 1);
  };

  const stored = guarded((take) =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(QUEUE))
      .forEach(take),
  );

  /** Takes over the queues of pages that are gone: their locks are free. */
  const adopt = () =>
    stored((key) => {
      const take = guarded((lock) => {
        const text = lock && key !== name && readLocal(key);
        if (!text) return;
        queue = text.split("\n").map(itemOf).concat(queue);
        writeLocal(key);
        save();
        wake();
      });
      if (locks) locks.request(key, { ifAvailable: true }, take).catch(ignore);
      else take(1); // an insecure page cannot tell who lives: a repeat does no harm
    });

  const lock = () => {
    if (kept && locks) locks.request(name, () => new Promise((done) => (unlock = done))).catch(ignore);
  };

  const flushNow = () => flush(post);

  on("online", flushNow);
  on("pageshow", (event) => {
    if (!event.persisted) return;
    lock();
    save();
  });
  lock();
  if (kept) setTimeout(guarded(adopt), DELAY_MS); // later than the start: by now the page before has let go

  return {
    add_(event) {
      queue.push(itemOf(JSON.stringify(event)));
      save();
      wake();
    },

    /** Sends what waits at once, even while the collector asked for patience: the page may soon be gone. */
    flush_: flushNow,

    /** Sends what waits by beacon. No answer can be heard any more, so it is kept for the next page. */
    leave_() {
      flush(beacon);
      if (unlock) unlock(); // a held lock would keep the page out of the back/forward cache
    },

    /** Forgets everything that waits, here and of pages that are gone. */
    drop_() {
      queue = [];
      stored((key) => writeLocal(key));
    },
  };
};
