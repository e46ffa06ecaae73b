// Media (full build): played, paused and ended, by the names of Segment's video specification.
import { on } from "./guard.js";
import { scrub } from "./url.js";

const NAMES = { play: "Started", pause: "Paused", ended: "Completed" };

/** Emits one event when audio or video starts, pauses and ends. */
export const captureMedia = (tracker) =>
  on("play pause ended", ({ type, target }) => {
    if (type === "pause" && target.ended) return; // its end says so
    tracker.emit_("track", {
      event: `Video Playback ${NAMES[type]}`,
      properties: {
        asset: scrub(target.currentSrc).slice(0, 500),
        label: target.dataset.footprint || target.title || target.id,
        position: Math.round(target.currentTime),
        total_length: Math.round(target.duration) || undefined,
      },
    });
  });
