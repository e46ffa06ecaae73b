// Forms: that one was begun, sent or left, with the names of its fields. Values leave the page only where it says so.
import { on } from "./guard.js";
import { scrub } from "./url.js";

const STARTED = "Form Started";
const MAX_FIELDS = 50;
const MAX_VALUE = 200;

const isFilled = ({ type, checked, value }) => (/^(checkbox|radio)$/.test(type) ? checked : value);

const SECRET_KIND = /^(password|hidden|file)$/;
const SECRET_NAME = /cc-|card|cv[cv]|passw/i; // of a field or of its `autocomplete`: a shown password is a text field
const CARD = /(\d[ -]?){13}/;

/** A value leaves only by `data-footprint-field`, and never one that is secret by its kind, its name or its looks, whoever marked it. */
const mayTell = (field) =>
  "footprintField" in field.dataset &&
  !SECRET_KIND.test(field.type) &&
  !SECRET_NAME.test(field.name + field.autocomplete) &&
  !CARD.test(field.value) &&
  isFilled(field);

/** What the full build tells besides: which fields are filled, how long it took, and the values the page allows. */
const detailsOf = (fields, begun) => ({
  filled: [...new Set(fields.filter(isFilled).map((field) => field.name))],
  seconds: Math.round((performance.now() - begun) / 1000),
  values: fields.filter(mayTell).reduce((all, { name, value }) => ({ ...all, [name]: scrub(value).slice(0, MAX_VALUE) }), {}),
});

/** Tells of forms by Segment's names, which the collector knows as `form_start`, `form_submit` and `form_abandon`; returns what gives up the forms begun when a page view ends. */
export const captureForms = (tracker) => {
  const begun = new Map(); // form -> when

  const emit = (form, event) => {
    const fields = [...form.elements].filter((field) => field.name).slice(0, MAX_FIELDS);
    const properties = { form: form.getAttribute("name") || form.id, fields: [...new Set(fields.map((field) => field.name))] };
    if (__FULL__ && event !== STARTED) Object.assign(properties, detailsOf(fields, begun.get(form)));
    tracker.emit_("track", { event, properties });
  };

  const start = (form) => {
    if (!form || begun.has(form)) return;
    begun.set(form, __FULL__ && performance.now());
    emit(form, STARTED);
  };

  const abandon = () => {
    begun.forEach((_, form) => emit(form, "Form Abandoned"));
    begun.clear();
  };

  on("input change", (event) => start(event.target.form));
  on("submit", ({ target }) => {
    start(target);
    emit(target, "Form Submitted");
    begun.delete(target);
  });
  if (__FULL__) on("pagehide", abandon);
  return abandon;
};
