// What is kept in the browser. Storage may be absent, full or forbidden (sandboxed frames): then nothing is kept.
import { guarded } from "./guard.js";

const AGE_S = 34e6; // a little below 13 months, the longest life privacy authorities recommend for an audience cookie

// Blocks the page until another process of the browser has answered: not for every event.
const readCookie = guarded((name) => document.cookie.match(`\\b${name}=([^;]*)`)?.[1]);

/** Sets a cookie for the widest domain that the browser allows, so that subdomains share it; the empty value removes it everywhere. */
const writeCookie = guarded((name, value) => {
  const labels = location.hostname.split(".");
  for (let n = labels.length - 1 || 1; n-- && readCookie(name) !== value; )
    document.cookie = `${name}=${value};path=/;samesite=lax;max-age=${value ? AGE_S : 0};domain=${labels.slice(n).join(".")}`;
});

/** Returns what this origin's local storage has under `name`, or nothing. */
export const readLocal = guarded((name) => localStorage.getItem(name));

/** Writes to local storage; the empty value removes the name. */
export const writeLocal = guarded((name, value) => (value ? localStorage.setItem(name, value) : localStorage.removeItem(name)));

/** Returns the word kept under `name`, or nothing. The cookie goes first: subdomains share it. */
export const recall = (name) => readCookie(name) || readLocal(name);

/** Keeps a word under `name`, in a cookie and in local storage: either may be cut off. The empty word forgets both. */
export const keep = (name, value) => {
  writeCookie(name, value);
  writeLocal(name, value);
};
