// The collector's word on who is here: its own cookie knows, or a token that another site of the owner handed over.
import { ignore } from "./guard.js";

/** Asks the collector and returns the promise of its answer, `{visitorId, token}`. */
export const askVisitor = ({ collector, key, mode }, question) =>
  fetch(`${collector}/v1/visitor`, {
    method: "POST",
    body: JSON.stringify({ writeKey: key, mode, ...question }),
    credentials: "include",
    keepalive: true,
  })
    .then((answer) => answer.json())
    .catch(ignore);
