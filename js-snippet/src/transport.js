// From event to acknowledged: a queue kept in local storage until the collector has answered 200.
import { guarded, ignore, on } from "./guard.js";
import { uuid } from "./ids.js";
import { readLocal, writeLocal } from "./store.js";

const QUEUE = "fp_queue.";
const DELAY_MS = 1000;
const MAX_EVENTS = 200;
const MAX_KEPT = 256e3;
const MAX_BATCH = 16e3; // characters, of three bytes each at most: 48 KB
const QUOTA = 16e3; // so too: all beacons and keepalive requests of a page share 64 KiB, other scripts' as well
const BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 256e3;

const stored = () => Object.keys(localStorage).filter((key) => key.startsWith(QUEUE));

/** Delivers events to the collector. What is added is delivered by this page or a later one; ids make repeats harmless. */
export const transport = (options) => {
  const kept = options.mode !== "none";
  const name = QUEUE + uuid(); // a queue is one page's: whoever holds the lock of its name, which its keys begin with
  const locks = navigator.locks;
  let queue = [];
  let added = 1e4; // as many digits in every key: they sort by it
  let failures = 0;
  let inFlight = 0;
  let notBefore = 0;
  let size = 0; // of all that waits, in characters
  let timer, stopped, left, unlock;

  const remove = (items) => {
    size = 0;
    queue = queue.filter((item) => !items.includes(item) && (size += item.text_.length));
    if (kept) items.forEach((item) => writeLocal(item.key_));
  };

  const wake = () => (timer = timer || setTimeout(flushNow, Math.max(DELAY_MS, notBefore - Date.now())));

  /** Sends items by `send`, in halves where they are more than one batch. */
  const pack = (items, send) => {
    const body = `{"batch":[${items.map((item) => item.text_)}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(options.key)}}`;
    if (items[1] && body.length > MAX_BATCH) halve(items, send);
    else if (items[0]) send(items, body);
  };

  const halve = (items, send) => {
    const middle = items.length >> 1;
    pack(items.slice(0, middle), send);
    pack(items.slice(middle), send);
  };

  /** Sends what waits. */
  const flush = (send) => stopped || pack(queue.filter((item) => !item.sending_), send);

  const mark = (items, sending) => items.forEach((item) => (item.sending_ = sending));

  /** Sends by fetch: one that outlives the page, unless the browser would refuse it (others share the quota) or just did. */
  const post = (items, body, plain = failures) => {
    const answered = guarded(({ status, headers }) => {
      inFlight -= body.length;
      mark(items);
      if (status === 200) {
        failures = 0;
        remove(items);
      } else if (status === 401 || status === 410) {
        stopped = 1; // this key is not served: silent until the next page
      } else if (status === 400 || status === 413) {
        if (items[1]) halve(items, post);
        else remove(items); // it alone is refused, and would be again
      } else {
        const wait = Math.max(Math.min(BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS), headers?.get("retry-after") * 1000 || 0);
        notBefore = Date.now() + wait * (1 + Math.random());
      }
      wake();
    });
    mark(items, 1);
    inFlight += body.length;
    const keepalive = !plain && inFlight <= QUOTA;
    fetch(`${options.collector}/v1/batch`, { method: "POST", body, keepalive, credentials: "omit" }).then(answered, answered); // an error has no status
  };

  const beacon = (items, body) => {
    if (navigator.sendBeacon(options.collector + "/beacon/v1/batch?writeKey=" + encodeURIComponent(options.key), body)) mark(items, 1); // not by fetch as well
    else if (items[1]) halve(items, beacon);
    else post(items, body, 1);
  };

  /** Takes over the queues of pages that are gone: their locks are free, and from now on this page's. */
  const adopt = () => {
    const keys = stored();
    new Set(keys.map((key) => key.slice(0, name.length))).forEach((other) => {
      const take = guarded((lock) => {
        if (!lock || other === name) return;
        const found = keys.filter((key) => key.startsWith(other)).map((key) => ({ key_: key, text_: readLocal(key) }));
        queue = found.filter((item) => item.text_ && (size += item.text_.length)).concat(queue);
        wake();
        return left;
      });
      if (locks) locks.request(other, { ifAvailable: true }, take).catch(ignore);
      else take(1); // an insecure page cannot tell who lives: a repeat does no harm
    });
  };

  const lock = () => {
    mark(queue); // back from the cache: of what left by beacon no answer was heard
    left = new Promise((done) => (unlock = done));
    if (kept && locks) locks.request(name, () => left).catch(ignore);
  };

  const flushNow = guarded(() => {
    timer = clearTimeout(timer); // two timers would each go on retrying
    flush(post);
  });

  on("online", flushNow);
  on("pageshow", (event) => event.persisted && lock());
  lock();
  if (kept) setTimeout(guarded(adopt), DELAY_MS); // later than the start: by now the page before has let go

  return {
    /** Takes one event as JSON and writes it down at once, under a key of its own: what that costs does not grow with those that wait. */
    add_(text) {
      const key = name + added++;
      if (kept) writeLocal(key, text);
      queue.push({ key_: key, text_: text });
      size += text.length;
      while (queue.length > MAX_EVENTS || size > MAX_KEPT) remove([queue[0]]);
      wake();
    },

    /** Sends what waits at once, even while the collector asked for patience: the page may soon be gone. */
    flush_: flushNow,

    /** Sends what waits by beacon. No answer can be heard any more, so it is kept for the next page. */
    leave_() {
      flush(beacon);
      unlock(); // a held lock would keep the page out of the back/forward cache
    },

    /** Forgets everything that waits, here and of pages that are gone. */
    drop_: guarded(() => {
      remove(queue);
      stored().forEach((key) => writeLocal(key));
    }),
  };
};
