// Follow the scores of everybody: prints one JSON line for each score that is new, changed or gone.
//
//     node consume_scores.mjs BOOTSTRAP [SITE]
//
// `footprint.scores.v1` is compacted: it holds the last record of every score. Reading it from its beginning gives the whole
// table, so each run reads with a group of its own; it reads the table, then follows it. Needs `npm install kafkajs`.
import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";

const TOPIC = "footprint.scores.v1";
const [bootstrap, site = ""] = process.argv.slice(2);

// A score decays until its next record: half of it is gone after each half-life.
function valueNow(score, nowMs) {
  let raw = score.raw_value;
  if (score.half_life_s) raw *= 2 ** -(Math.max(0, nowMs - score.updated_at) / 1000 / score.half_life_s);
  const shown = Math.min(score.ceiling, Math.max(score.floor, raw));
  return Math.abs(shown) < 0.01 ? 0 : shown;
}

const kafka = new Kafka({ clientId: "consume-scores", brokers: bootstrap.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `consume-scores-${randomUUID()}`, readUncommitted: false });
const table = new Map();

await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ message }) => {
    const key = message.key.toString();
    if (site && !key.startsWith(`${site}:`)) return;
    if (message.value === null) {
      // merged into a customer, or forgotten
      if (table.delete(key)) console.log(JSON.stringify({ key, gone: true }));
      return;
    }
    const score = JSON.parse(message.value);
    table.set(key, score);
    const value = Math.round(valueNow(score, Date.now()) * 100) / 100;
    console.log(JSON.stringify({ key, value, band: score.band, version: score.version }));
  },
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => consumer.disconnect().then(() => process.exit(0)));
