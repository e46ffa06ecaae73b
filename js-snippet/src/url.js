// Addresses, without what must not leave the page.

const EMAIL = /[^/?#&=:@\s]+(@|%40)[^/?#&=@\s]+\.[a-z]{2,}/gi;
const SECRET = /([?&#][^=&]*(?:token|passw|secret|session|signature)[^=&]*=)[^&#]*/gi;

/** Returns `url` with e-mail addresses, secrets in its query and credentials taken out. */
export const scrub = (url) =>
  /[@=]|%40/.test(url) // most addresses have none of it: one look instead of three
    ? url
        .replace(/^(\w+:\/\/)[^/?#]*@/, "$1")
        .replace(SECRET, "$1redacted")
        .replace(EMAIL, "redacted")
    : url;

/** Returns true when `host` is one of the site's own `domains` or below one. */
export const isOwn = (host, domains = "") => domains.split(/[\s,]+/).some((own) => own && `.${host}`.endsWith(`.${own}`));

/** Takes the parameter `name` out of the address bar, so that nobody shares or reloads it, and returns its value. */
export const takeParameter = (name) => {
  let value;
  const url = location.href.replace(RegExp(`([?&])${name}=([^&#]*)(&?)`), (_, before, found, after) => {
    value = found;
    return after && before;
  });
  if (value) history.replaceState(history.state, "", url);
  return value;
};
