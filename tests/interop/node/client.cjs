// A WebSocket client of the npm package ws. Holds one conversation and writes what it saw as one JSON object.
// Usage: node client.cjs URL CA [CHAIN KEY]
const fs = require("fs");
const { once } = require("events");
const WebSocket = require("ws");

const PIECES = JSON.parse(process.env.PIECES);
const [url, ca, chain, key] = process.argv.slice(2);
const options = {
  ca: fs.readFileSync(ca),
  perMessageDeflate: { threshold: 0 },
  ...(chain && { cert: fs.readFileSync(chain), key: fs.readFileSync(key) }),
};
const MESSAGES = {
  text: "hello, wörld 😀",
  empty: "",
  binary: Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
  "text of 100 KiB": "0123456789abcde\n".repeat(6400),
  "binary of 100 KiB": Buffer.alloc(102400, "abc"),
};

async function open() {
  const ws = new WebSocket(url, options);
  await once(ws, "open");
  return ws;
}

async function answer(ws, message, how) {
  const coming = once(ws, "message");
  ws.send(message, how);
  const [data, isBinary] = await coming;
  return isBinary ? data : data.toString();
}

async function talk() {
  const seen = { same: {} };
  const ws = await open();
  seen.extensions = ws.extensions;
  for (const [name, message] of Object.entries(MESSAGES)) {
    seen.same[name] = Buffer.from(await answer(ws, message)).equals(Buffer.from(message));
  }
  PIECES.slice(0, -1).forEach((piece) => ws.send(piece, { fin: false }));
  seen.ourPieces = await answer(ws, PIECES.at(-1), { fin: true });
  seen.theirPieces = await answer(ws, "!fragments");
  const pong = once(ws, "pong");
  ws.ping("are you there");
  seen.pong = (await pong)[0].toString();
  seen.pingAnswered = await answer(ws, "!ping");
  const ended = once(ws, "close");
  ws.close(4001, "they go");
  await ended;

  const second = await open();
  const closed = once(second, "close");
  second.send("!close 4002 we go");
  const [code, reason] = await closed;
  seen.closed = { code, reason: reason.toString() };
  return seen;
}

talk()
  .catch((error) => ({ error: error.code || error.message }))
  .then((seen) => process.stdout.write(JSON.stringify(seen) + "\n"));
