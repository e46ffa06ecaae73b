// Addresses, without what must not leave the page.
import { words } from "./options.js";

const EMAIL = /[^/?#&=:@\s]+(@|%40)[^/?#&=@\s]+\.[a-z]{2,}/gi;
const SECRET = /([?&#][^=&]*(?:token|passw|secret|session|signature)[^=&]*=)[^&#]*/gi;
// The extensions of docs/semantics.md, section 11.
const FILE = /\.(pdf|zip|gz|tgz|tar|bz2|xz|7z|rar|exe|dmg|pkg|deb|rpm|iso|(doc|xls|ppt)x?|epub)$/i;

/** Returns `url` with e-mail addresses, secrets in its query and credentials taken out. */
export const scrub = (url) =>
  url
    .replace(/^(\w+:\/\/)[^/?#]*@/, "$1")
    .replace(SECRET, "$1redacted")
    .replace(EMAIL, "redacted");

/** Returns true when the link is a file to download. */
export const isFile = (link) => link.hasAttribute("download") || FILE.test(link.pathname);

/** Returns true when `host` is one of the site's own `domains` or below one. */
export const isOwn = (host, domains) => words(domains).some((own) => host === own || host.endsWith(`.${own}`));

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
