// Speaks to the local ClickHouse with the client for Node, and prints what it saw as JSON.
import { ClickHouseLogLevel, createClient } from "@clickhouse/client"

const { ADDRESS, CLIENT, PASSWORD, DATABASE } = process.env
const options = { url: `http://${ADDRESS}`, username: CLIENT, password: PASSWORD, database: DATABASE, log: { level: ClickHouseLogLevel.OFF } }
const last = async (rows) => (await rows.json())[0]

async function seen(compression) {
  const client = createClient({ ...options, compression })
  const told = { ping: (await client.ping()).success }
  told.parameter = (await last(await client.query({ query: "SELECT {told:String} AS v", query_params: { told: "it's\n漢" }, format: "JSONEachRow" }))).v
  await client.insert({ table: "sent", values: Array.from({ length: 1000 }, (_, a) => ({ a, s: `row ${a}` })), format: "JSONEachRow" })
  told.sent = Number((await last(await client.query({ query: "SELECT count() AS n FROM sent", format: "JSONEachRow" }))).n)
  await client.command({ query: "TRUNCATE TABLE sent" })
  told.streamed = told.sum = 0
  const rows = await client.query({ query: "SELECT number FROM numbers(100000)", format: "JSONCompactEachRow" })
  for await (const chunk of rows.stream()) {
    for (const row of chunk) {
      told.streamed += 1
      told.sum += Number(row.json()[0])
    }
  }
  told.code = await client.query({ query: "SELECT * FROM nothing_of_this_name" }).then(() => "", (error) => error.code)
  const leaving = new AbortController()
  setTimeout(() => leaving.abort(), 300)
  const endless = "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))"
  told.cancelled = await client.query({ query: endless, abort_signal: leaving.signal }).then(() => "", (error) => error.message)
  await client.close()
  return told
}

async function session() {
  const client = createClient({ ...options, session_id: crypto.randomUUID(), max_open_connections: 1 })
  await client.command({ query: "CREATE TEMPORARY TABLE kept (a UInt64)" })
  await client.insert({ table: "kept", values: [{ a: 40 }, { a: 2 }], format: "JSONEachRow" })
  const { sum } = await last(await client.query({ query: "SELECT toUInt32(sum(a)) AS sum FROM kept", format: "JSONEachRow" }))
  await client.close()
  return sum
}

const plain = await seen({ request: false, response: false })
const gzip = await seen({ request: true, response: true })
console.log(JSON.stringify({ plain, gzip, session: await session() }))
