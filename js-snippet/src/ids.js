// Ids.

let digits = ""; // random ones, drawn for ten ids at once: asking the browser costs more than all the rest of an id

/** Returns a UUIDv7: 48 bits of Unix milliseconds, then random bits. */
export const uuid = () => {
  if (!digits) crypto.getRandomValues(new Uint8Array(180)).forEach((one) => (digits += (one & 15).toString(16)));
  const time = Date.now().toString(16).padStart(12, "0");
  const id = digits;
  digits = id.slice(18);
  return time.slice(0, 8) + "-" + time.slice(8) + "-7" + id.slice(0, 3) + "-8" + id.slice(3, 6) + "-" + id.slice(6, 18);
};
