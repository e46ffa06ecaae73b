/** Properties, traits: whatever JSON can say. */
export type Properties = Record<string, unknown>;

export interface Options {
  /** Write key of the site. */
  key: string;
  /** Address that events go to. With the npm module it must be given. */
  collector: string;
  /** `js` (default): the visitor's id is kept by the page; `server`: by a cookie of the collector; `none`: not at all. */
  mode?: "js" | "server" | "none";
  /** `granted` (default); `pending`: nothing is stored or sent until `consent` is called. */
  consent?: "granted" | "pending";
  /** What is captured by itself, by comma: `page,click,form,engagement`, in the full build also `media,error`; `none`. */
  auto?: string;
  /** Further hosts of your own, by comma. */
  domains?: string;
  /** Full build: the collector makes the visitor's id and a token that proves it, for `profile`. The value says nothing. */
  profile?: string;
  /** When the address changes without loading: `push` (default), `replace`, `hash`, `off`. */
  spa?: "push" | "replace" | "hash" | "off";
}

export interface Here {
  /** Undefined without consent. */
  visitorId?: string;
  pageviewId: string;
}

/** The fields that the site lists (`me_fields`); none where nothing is known or proved. */
export interface Profile {
  stage?: string;
  scores?: Record<string, number>;
  bands?: Record<string, string>;
  interests?: { category: string; points: number }[];
  segments?: string[];
  preferences?: { channel: string; topic: string; opt: "in" | "out" }[];
  consent?: string | null;
}

export interface Footprint {
  (call: "init", options: Partial<Options> & Pick<Options, "key">): void;
  (call: "track", name: string, properties?: Properties): void;
  (call: "page", properties?: Properties): void;
  (call: "identify", customer: string | number, traits?: Properties): void;
  (call: "alias", previousId: string): void;
  (call: "group", id: string, traits?: Properties): void;
  (call: "consent", choice: "granted" | "denied" | "pending"): void;
  (call: "reset"): void;
  /** Full build, with the option `profile`: calls back with the fields that the site lists of this visitor's profile; `customer` is a token of your server. */
  (call: "profile", callback: (profile: Profile) => void, customer?: string): void;
  (call: "ready", callback: (here: Here) => void): void;
  /** Present once the file has arrived; the stub has none. */
  readonly version?: string;
}

export declare const footprint: Footprint;
export default footprint;

declare global {
  interface Window {
    footprint: Footprint;
  }
}
