// What the site tells this visitor of their own profile (full build). The collector believes no id: with `data-profile` it makes the visitor's id
// itself, before the first event leaves, and gives a token that proves it.
import { ignore } from "./guard.js";
import { keep, recall } from "./store.js";

const PROOF = "fp_proof"; // visitor, a tilde, and the collector's token for it

const ask = ({ collector, key }, request) =>
  fetch(`${collector}/v1/me?writeKey=${encodeURIComponent(key)}`, { credentials: "include", ...request })
    .then((answer) => answer.json())
    .catch(ignore);

const keepProof = (visitor, answer) => answer?.token && keep(PROOF, visitor + "~" + answer.token);

/** Returns the token that is kept for a visitor, or nothing. */
export const proofOf = (visitor) => {
  const [whose, token] = (recall(PROOF) || "").split("~");
  return whose === visitor && token;
};

/** Has the collector make an id; returns the promise of `{visitorId, token}`, nothing in it for whoever must not be tracked. */
export const prove = (options) =>
  ask(options, { method: "POST" }).then((answer) => {
    keepProof(answer?.visitorId, answer);
    return answer;
  });

/** Forgets the proof: the browser will be somebody else's. */
export const forgetProof = () => keep(PROOF, "");

/** Calls back with the fields that the site lists, `{}` where nothing is known or proved. `customer` is a token of the site's own server. */
export const tellProfile = (options, visitor, callback, customer) => {
  const token = proofOf(visitor);
  const headers = { ...(token && { Authorization: "Bearer " + token }), ...(customer && { "X-Customer-Token": customer }) };
  const answered = token || customer ? ask(options, { headers }) : Promise.resolve();
  answered.then((answer) => {
    keepProof(visitor, answer);
    if (!customer && answer?.code === "unproven") forgetProof(); // the next page asks for another
    setTimeout(callback, 0, answer?.profile || {});
  });
};
