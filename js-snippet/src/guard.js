// Nothing that goes wrong in here may reach the page: every listener and every call runs guarded.

/** Returns `fn` wrapped so that it never throws. */
export const guarded = (fn) => (...args) => {
  try {
    return fn(...args);
  } catch {
    // stays in here
  }
};

/** For promises whose failure changes nothing. */
export const ignore = () => {};

/** Listens on the window, where the capture phase of every event of the page passes; never delays scrolling or navigation. */
export const on = (names, fn) =>
  names.split(" ").forEach((name) => addEventListener(name, guarded(fn), { capture: true, passive: true }));
