// What is kept in the browser. Storage may be absent, full or forbidden (sandboxed frames): then nothing is kept.
import { guarded } from "./guard.js";

const AGE_S = 34164000; // 13 months less a day, the longest life privacy authorities recommend for an audience cookie

const readCookie = guarded((name) => (document.cookie.match(`\\b${name}=([^;]*)`) || [])[1]);

const writeCookie = guarded((name, value) => {
  document.cookie = `${name}=${value};path=/;samesite=lax;max-age=${value ? AGE_S : 0}`;
});

const readLocal = guarded((name) => localStorage.getItem(name));

const writeLocal = guarded((name, value) => {
  localStorage.setItem(name, value);
  return value;
});

/** Returns what was kept under `name`, or nothing. */
export const recall = (name) => readLocal(name) || readCookie(name);

/** Keeps a word under `name` in local storage, in a cookie where that fails; the empty word forgets both. */
export const keep = (name, value) => writeLocal(name, value) || writeCookie(name, value);

/** Returns what this tab kept under `name`, or nothing. */
export const recallTab = guarded((name) => sessionStorage.getItem(name));

/** Keeps `value` under `name` for this tab. */
export const keepTab = guarded((name, value) => sessionStorage.setItem(name, value));
