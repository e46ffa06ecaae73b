// How one page is configured: the `data-*` attributes of the script, or `footprint("init", {...})`.

/**
 * Returns the options of the script's attributes. `collector` is where the file came from when not named. What is left out: mode is `js`, consent
 * `granted`, spa `push`, everything of the build is captured, and there are no other domains.
 */
export const fromScript = (script) => ({ collector: script.src && new URL(script.src).origin, ...script.dataset });
