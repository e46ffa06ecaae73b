// Forms: that one was begun and that one was sent, with the names of its fields. Values never leave the page.
import { on } from "./guard.js";

/** Emits `form_start` at the first input of a form and `form_submit` when it is sent. */
export const captureForms = (tracker) => {
  const begun = new WeakSet();
  const emit = (form, kind, event) =>
    tracker.emit_("track", {
      kind,
      event,
      properties: {
        form: form.getAttribute("name") || form.id,
        fields: [...new Set(Array.from(form.elements, (field) => field.name).filter(Boolean))].slice(0, 50),
      },
    });
  const start = (form) => {
    if (!form || begun.has(form)) return;
    begun.add(form);
    emit(form, "form_start", "Form Started");
  };
  on("input change", (event) => start(event.target.form));
  on("submit", (event) => {
    start(event.target);
    begun.delete(event.target);
    emit(event.target, "form_submit", "Form Submitted");
  });
};
