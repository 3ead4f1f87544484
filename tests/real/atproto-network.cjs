// A network of the AT Protocol with everything in it: directory, server of accounts, and AppView, on loopback. Says `ready`.
const net = require("node:net");

// They listen on all interfaces unless told otherwise, and cannot be told.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === "number" && typeof args[1] !== "string") args.splice(1, 0, "127.0.0.1");
  return listen.apply(this, args);
};

const { TestNetwork } = require("@atproto/dev-env");

const ports = JSON.parse(process.env.PORTS);
TestNetwork.create({
  pds: { port: ports.pds, hostname: "localhost", enableDidDocWithSession: true },
  bsky: { dbPostgresSchema: "bsky", port: ports.appview, publicUrl: `http://localhost:${ports.appview}` },
  plc: { port: ports.plc },
  ozone: {
    port: ports.ozone,
    chatUrl: `http://localhost:${ports.chat}`,
    chatDid: "did:example:chat",
    dbMaterializedViewRefreshIntervalMs: 30_000,
  },
  introspect: { port: ports.introspect },
}).then(() => console.log("ready"));
