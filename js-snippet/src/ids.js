// Ids.
const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16);

/** Returns a UUIDv7: 48 bits of Unix milliseconds, then random bits. */
export const uuid = () =>
  Date.now().toString(16).padStart(12, "0").replace(/.{8}/, "$&-") + "-7xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, digit);
