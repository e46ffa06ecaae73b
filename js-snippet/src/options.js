// How one page is configured: the `data-*` attributes of the script, or `footprint("init", {...})`.

// An option left out: mode is `js`, consent `granted`, spa `push`, and there are no other domains.
const AUTO = `page,click,form,engagement${__FULL__ ? ",media,error" : ""}`;

/** Returns the options of the script's attributes. `collector` is where the file came from when not named. */
export const fromScript = (script) =>
  Object.assign({ auto: AUTO, collector: script.src && new URL(script.src).origin }, script.dataset);

/** Returns the words of a list written with commas or spaces. */
export const words = (list = "") => list.split(/[\s,]+/).filter(Boolean);
