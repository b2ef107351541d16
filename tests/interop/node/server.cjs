// A WebSocket server of the npm package ws over TLS. Writes one JSON object per line: its port, then each close code.
// Usage: node server.cjs CHAIN KEY [CLIENT_CA]
const fs = require("fs");
const https = require("https");
const { WebSocketServer } = require("ws");

const PIECES = JSON.parse(process.env.PIECES);
const [chain, key, clientCa] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const tls = https.createServer({
  cert: fs.readFileSync(chain),
  key: fs.readFileSync(key),
  ...(clientCa && { ca: fs.readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
});
const server = new WebSocketServer({ server: tls, perMessageDeflate: { threshold: 0 } });

function obey(ws, data, isBinary) {
  const text = isBinary ? "" : data.toString();
  if (text === "!fragments") {
    PIECES.forEach((piece, index) => ws.send(piece, { fin: index === PIECES.length - 1 }));
  } else if (text === "!ping") {
    ws.once("pong", () => ws.send("pong came"));
    ws.ping("are you there");
  } else if (text.startsWith("!close ")) {
    const [, code, ...reason] = text.split(" ");
    ws.close(Number(code), reason.join(" "));
  } else {
    ws.send(data, { binary: isBinary });
  }
}

server.on("connection", (ws) => {
  ws.on("message", (data, isBinary) => obey(ws, data, isBinary));
  ws.on("close", (code) => say({ closed: code }));
});
tls.listen(0, "127.0.0.1", () => say({ port: tls.address().port }));
