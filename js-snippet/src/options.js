// How one page is configured: the `data-*` attributes of the script, or `footprint("init", {...})`.

const DEFAULTS = { mode: "js", consent: "granted", auto: "page,click,form,engagement", domains: "", spa: "push" };

/** Returns the options of the script's attributes. `collector` is where the file came from when not named. */
export const fromScript = (script) =>
  Object.assign({ collector: script && script.src && new URL(script.src).origin }, DEFAULTS, script && script.dataset);

/** Returns the words of a list written with commas or spaces. */
export const words = (list) => list.split(/[\s,]+/).filter(Boolean);
