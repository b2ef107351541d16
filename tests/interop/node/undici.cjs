// The WebSocket of the npm package undici, which is the one built into node. Writes what it saw as one JSON object.
// Usage: node undici.cjs URL CA
const fs = require("fs");
const { Agent, WebSocket } = require("undici");

const [url, ca] = process.argv.slice(2);
const dispatcher = new Agent({ connect: { ca: fs.readFileSync(ca) } });
const next = (ws, kind) => new Promise((done) => ws.addEventListener(kind, done, { once: true }));

async function answer(ws, message) {
  const coming = next(ws, "message");
  ws.send(message);
  return (await coming).data;
}

async function talk() {
  const seen = {};
  const ws = new WebSocket(url, { dispatcher });
  ws.binaryType = "arraybuffer";
  await next(ws, "open");
  seen.extensions = ws.extensions;
  seen.text = await answer(ws, "hello, wörld 😀");
  const bytes = Buffer.alloc(102400, "abc");
  seen.binary = Buffer.from(await answer(ws, bytes)).equals(bytes);
  seen.pieces = await answer(ws, "!fragments");
  seen.ping = await answer(ws, "!ping");
  const closed = next(ws, "close");
  ws.send("!close 4002 we go");
  const { code, reason, wasClean } = await closed;
  seen.closed = [code, reason, wasClean];
  return seen;
}

talk()
  .catch((error) => ({ error: String(error) }))
  .then((seen) => process.stdout.write(JSON.stringify(seen) + "\n"))
  .then(() => dispatcher.close());
