// Engagement time, as docs/semantics.md section 4 has it: visible, focused, and an input younger than a minute.
import { guarded, on } from "./guard.js";

const IDLE_MS = 60e3;
const TICK_MS = 1000;
const LONG_TICK_MS = 5000; // the machine slept: a longer tick counts as one of TICK_MS
const FIRST_S = 15; // then at twice the time, from EVENLY_S on every EVERY_S
const EVENLY_S = 240;
const EVERY_S = 300;

/** Measures engagement and returns `settle(reason)`, which sends the delta so far; without a reason it begins anew. */
export const captureEngagement = (tracker) => {
  const now = () => performance.now();
  const root = document.documentElement;
  let active, engaged, sent, depth, sentDepth, mark, begun, last, input;

  // The browser calls back when it has just laid the page out, so that the question costs nothing.
  const look = () =>
    new ResizeObserver((_, observer) => {
      observer.disconnect();
      depth = Math.max(depth, Math.min(100, Math.round((100 * (scrollY + innerHeight)) / root.scrollHeight)));
    }).observe(root);

  const tick = () => {
    const time = now();
    if (active) {
      const spent = time - last > LONG_TICK_MS ? TICK_MS : time - last;
      engaged += Math.max(0, Math.min(spent, input + IDLE_MS - last));
    }
    last = time;
    active = !document.hidden && document.hasFocus();
  };

  const begin = () => {
    tick();
    begun = input = last;
    engaged = depth = sentDepth = sent = 0;
    mark = FIRST_S;
    look();
  };

  const send = (reason) => {
    const least = /^[pm]/.test(reason) ? 1 : TICK_MS; // pagehide and move: the last of a page counts to the millisecond
    if (!tracker.view_.seq_ && !engaged) return; // nobody saw the page
    if (sent && engaged < least && depth <= sentDepth) return;
    const fields = { event: "engagement", kind: "engagement", engagedMs: Math.round(engaged), scrollPct: depth, properties: { reason } };
    sent = 1;
    engaged = 0;
    sentDepth = depth;
    tracker.emit_("track", fields);
  };

  const settle = (reason) => {
    if (reason) {
      tick();
      send(reason);
    }
    if (!reason || reason === "move") begin();
  };

  const touched = () => {
    if (now() - input > IDLE_MS) tick(); // what came before was idle
    input = now();
  };

  begin();
  on("scroll", look);
  on("pointerdown pointermove keydown scroll wheel timeupdate", touched); // timeupdate: media is playing
  on("focus blur", (event) => {
    if (event.target !== window) return; // a field, not the page
    if (event.type === "blur") settle("blur");
    else touched(tick());
  });
  on("visibilitychange freeze", () => (document.hidden ? settle("hidden") : touched(tick())));
  on("pagehide", () => settle("pagehide"));
  setInterval(
    guarded(() => {
      tick();
      if (last - begun < mark * 1000) return;
      mark += mark < EVENLY_S ? mark : EVERY_S;
      send("timer");
    }),
    TICK_MS,
  );
  return settle;
};
