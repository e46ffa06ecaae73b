// The plain file: `<script defer src="fp.js">`.
import { guarded } from "./guard.js";
import { install } from "./index.js";

guarded(install)();
