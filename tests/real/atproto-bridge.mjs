// Speaks Jetstream's first wire over the firehose of one server: `ws://127.0.0.1:PORT/subscribe`, with `wantedCollections`,
// `wantedDids` and `cursor`. Jetstream itself is no package that can be installed.
import { lexToJson } from "@atproto/lexicon";
import { Firehose } from "@atproto/sync";
import { WebSocketServer } from "ws";

const { PORT, PDS } = process.env;
/** Everything since the start, so that a cursor can go back. */
const events = [];
const readers = new Set();
let last = 0;

/** Whether a reader asked for an event: of one of its collections and people, where it named any; all hear of accounts. */
function wants({ collections, dids }, event) {
  const ofCollection = (pattern) =>
    pattern.endsWith("*") ? event.commit.collection.startsWith(pattern.slice(0, -1)) : event.commit.collection === pattern;
  if (dids.length > 0 && !dids.includes(event.did)) return false;
  return event.kind !== "commit" || collections.length === 0 || collections.some(ofCollection);
}

function tell(event) {
  // Strictly rising, as a cursor has to be.
  last = Math.max(last + 1, Date.now() * 1000);
  const whole = { did: event.did, time_us: last, ...event };
  events.push(whole);
  for (const reader of readers) if (wants(reader, whole)) reader.socket.send(JSON.stringify(whole));
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(PORT), path: "/subscribe" });
server.on("connection", (socket, request) => {
  const asked = new URL(request.url, "ws://localhost").searchParams;
  const reader = { socket, collections: asked.getAll("wantedCollections"), dids: asked.getAll("wantedDids") };
  const cursor = Number(asked.get("cursor") ?? Infinity);
  for (const event of events) if (event.time_us >= cursor && wants(reader, event)) socket.send(JSON.stringify(event));
  readers.add(reader);
  socket.on("close", () => readers.delete(reader));
});

new Firehose({
  service: PDS.replace("http", "ws"),
  // Who signed what is the relay's business, in front of Jetstream; here there is one server and it is ours.
  unauthenticatedCommits: true,
  unauthenticatedHandles: true,
  idResolver: { did: { resolve: async () => null }, handle: { resolve: async () => undefined } },
  handleEvent: ({ event, did, seq, time, ...rest }) => {
    if (["create", "update", "delete"].includes(event)) {
      const { rev, collection, rkey, record, cid } = rest;
      const written = record === undefined ? {} : { record: lexToJson(record), cid: cid.toString() };
      tell({ did, kind: "commit", commit: { rev, operation: event, collection, rkey, ...written } });
    } else if (event === "identity") {
      tell({ did, kind: "identity", identity: { did, handle: rest.handle, seq, time } });
    } else if (event === "account") {
      const { active, status } = rest;
      tell({ did, kind: "account", account: { active, did, seq, time, ...(status ? { status } : {}) } });
    }
  },
  onError: (error) => console.error(error),
}).start();
console.log("ready");
