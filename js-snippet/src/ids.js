// Ids and the visitor.
import { keep, recall } from "./store.js";

const VISITOR = "fp_visitor";

/** Returns a UUIDv7: 48 bits of Unix milliseconds, then random bits. */
export const uuid = () => {
  const time = Date.now().toString(16).padStart(12, "0");
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const random = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${"89ab"[bytes[9] & 3]}${random.slice(3, 6)}-${random.slice(6, 18)}`;
};

/** Who is here: the visitor's own id, kept in the browser unless `mode` is `none`, and the customer once identified. */
export const person = (options) => {
  const stored = options.mode !== "none";
  let visitor;
  return {
    customer_: undefined,
    visitor_() {
      const known = stored && recall(VISITOR); // read every time: another tab may have made or reset it
      visitor = known || visitor || uuid();
      if (stored && !known) keep(VISITOR, visitor);
      return visitor;
    },
    forget_() {
      visitor = this.customer_ = undefined;
      keep(VISITOR, "");
    },
  };
};
