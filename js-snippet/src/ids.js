// Ids.

/** Returns a UUIDv7: 48 bits of Unix milliseconds, then random bits, all drawn in one call. */
export const uuid = () => {
  const random = crypto.getRandomValues(new Uint8Array(18));
  let drawn = 0;
  const digit = () => (random[drawn++] & 15).toString(16);
  return Date.now().toString(16).padStart(12, "0").replace(/.{8}/, "$&-") + "-7xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, digit);
};
