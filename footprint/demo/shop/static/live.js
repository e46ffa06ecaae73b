// What the snippet sends, and what the collector answers, for the page /events: any tab of the shop shows it while you click in another.
const SENT = "shop-events";
const KEPT = 50;

const sentEvents = () => JSON.parse(localStorage.getItem(SENT) || "[]");

const remember = (body, answer) => {
  const rows = JSON.parse(body).batch.map((event) => ({
    id: event.messageId,
    at: event.timestamp,
    what: event.event || event.type,
    path: event.context ? new URL(event.context.page.url).pathname : "",
    told: JSON.stringify(event.properties || event.traits || {}),
    answer,
  }));
  const ids = new Set(rows.map((row) => row.id));
  const before = sentEvents().filter((row) => !ids.has(row.id));
  localStorage.setItem(SENT, JSON.stringify([...rows.reverse(), ...before].slice(0, KEPT)));
  draw();
};

const draw = () => {
  const body = document.querySelector("#events tbody");
  if (!body) return;
  body.replaceChildren(
    ...sentEvents().map((row) => {
      const line = document.createElement("tr");
      for (const text of [row.at.slice(11, 19), row.what, row.path, row.told, row.answer]) line.insertCell().textContent = text;
      return line;
    }),
  );
  document.querySelector("#events").hidden = !body.rows.length;
};

const realFetch = window.fetch;
window.fetch = (address, options) => {
  const answer = realFetch(address, options);
  if (String(address).endsWith("/v1/batch")) answer.then((it) => remember(options.body, it.status)).catch(() => remember(options.body, "no answer"));
  return answer;
};

const realBeacon = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (address, body) => {
  const taken = realBeacon(address, body);
  if (taken) remember(body, "on leaving");
  return taken;
};

addEventListener("storage", draw);
draw();
