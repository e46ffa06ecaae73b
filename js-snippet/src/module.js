// The npm module: the same global behind an import, harmless where there is no window (server-side rendering).
import { guarded } from "./guard.js";
import { install } from "./index.js";

const browser = typeof window !== "undefined";
if (browser) guarded(install)();

/** Calls `window.footprint`; does nothing on a server. */
export const footprint = (...args) => {
  if (browser) window.footprint(...args);
};

export default footprint;
