// From event to acknowledged: a queue kept for the tab until the collector has answered 200.
import { guarded, on } from "./guard.js";
import { keepTab, recallTab } from "./store.js";

const QUEUE = "fp_queue";
const DELAY_MS = 1000;
const MAX_EVENTS = 200;
const MAX_BYTES = 48e3;
const QUOTA = 6e4; // all beacons and keepalive requests of a page share 64 KiB, other scripts' too
const BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 3e5;

const sizeOf = (text) => new Blob([text]).size;

/** Delivers events to the collector. What is added is delivered while the tab lives; ids make repeats harmless. */
export const transport = (options) => {
  const base = options.collector.replace(/\/+$/, "");
  const kept = options.mode !== "none";
  let queue = []; // {text_, sending_}
  let failures = 0;
  let inFlight = 0;
  let notBefore = 0;
  let timer, stopped;

  const save = () => kept && keepTab(QUEUE, queue.map((item) => item.text_).join("\n"));
  const bodyOf = (items) =>
    `{"batch":[${items.map((item) => item.text_)}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(options.key)}}`;

  const wake = (delay) => {
    timer = timer || setTimeout(due, Math.max(delay, notBefore - Date.now()));
  };

  const due = guarded(() => {
    timer = 0;
    flush(post);
  });

  const remove = (items) => {
    if (!items.length) return; // where nothing may be stored, not even an empty queue is
    queue = queue.filter((item) => !items.includes(item));
    save();
  };

  /** Sends what waits by `send`, in batches. */
  const flush = (send) => stopped || batches(queue.filter((item) => !item.sending_)).forEach(send);

  const answered = (items, status, retryAfter) => {
    items.forEach((item) => (item.sending_ = 0));
    if (status === 200) {
      failures = 0;
      remove(items);
    } else if (status === 401 || status === 410) {
      stopped = 1; // this key is not served: silent until the next page
    } else if (status === 400 || status === 413) {
      if (items.length > 1) halves(items).forEach(post);
      else remove(items); // it alone is refused, and would be again
    } else {
      const wait = Math.max(Math.min(BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS), retryAfter * 1000 || 0);
      notBefore = Date.now() + wait * (1 + Math.random() / 2);
    }
    if (queue.length) wake(0);
  };

  const post = (items) => {
    const body = bodyOf(items);
    const size = sizeOf(body);
    const keepalive = inFlight + size <= QUOTA; // above it the browser would refuse
    const done = guarded((answer) => {
      inFlight -= size;
      answered(items, answer && answer.status, answer && answer.headers.get("retry-after"));
    });
    items.forEach((item) => (item.sending_ = 1));
    inFlight += size;
    fetch(`${base}/v1/batch`, { method: "POST", body, keepalive, credentials: "omit" }).then(done, () => done());
  };

  const beacon = (items) => {
    if (navigator.sendBeacon(`${base}/beacon/v1/batch?writeKey=${encodeURIComponent(options.key)}`, bodyOf(items))) return;
    if (items.length > 1) halves(items).forEach(beacon);
    else post(items);
  };

  const flushNow = () => flush(post);

  on("online", flushNow);
  if (kept) {
    queue = (recallTab(QUEUE) || "").split("\n").filter(Boolean).map((text) => ({ text_: text }));
    if (queue.length) wake(DELAY_MS);
  }

  return {
    add_(event) {
      queue = queue.concat({ text_: JSON.stringify(event) }).slice(-MAX_EVENTS);
      save();
      wake(DELAY_MS);
    },

    /** Sends what waits at once, even while the collector asked for patience: the page may soon be gone. */
    flush_: flushNow,

    /** Sends what waits by beacon. No answer can be heard any more, so the tab keeps it for the next page. */
    leave_: () => flush(beacon),

    drop_: () => remove(queue),
  };
};

const halves = (items) => [items.slice(0, items.length / 2), items.slice(items.length / 2)];

/** Returns the items in runs of at most MAX_BYTES each, an oversized one alone. */
const batches = (items) => {
  const runs = [];
  let room = 0;
  for (const item of items) {
    const size = sizeOf(item.text_) + 1;
    if (size > room) {
      runs.push([]);
      room = MAX_BYTES;
    }
    runs[runs.length - 1].push(item);
    room -= size;
  }
  return runs;
};
