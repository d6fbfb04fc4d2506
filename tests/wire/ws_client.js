// Node's ws as a client: runs through what WebSocket can do against ws_echo.js behind the URL given, and prints one
// line of JSON: for each case its name, and what went wrong or null.
'use strict';
const crypto = require('crypto');
const WebSocket = require('ws');

const base = process.argv[2];
const results = [];

function open(path, options, protocols) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(base + path, protocols || [], { maxPayload: 1 << 26, ...options });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function message(socket) {
  return new Promise((resolve, reject) => {
    socket.once('message', (data, binary) => resolve({ data, binary }));
    socket.once('close', (code) => reject(new Error('closed with ' + code)));
  });
}

function closed(socket) {
  return new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
}

function expect(value, wanted) {
  if (value !== wanted) throw new Error(`${value} instead of ${wanted}`);
}

async function run(name, work) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no end in 20 s')), 20000); });
  try {
    await Promise.race([work(), late]);
    results.push([name, null]);
  } catch (error) {
    results.push([name, String(error)]);
  }
  clearTimeout(timer);
}

async function echo(path, options, data, sendOptions) {
  const socket = await open(path, options);
  socket.send(data, sendOptions || {});
  const answer = await message(socket);
  const wanted = Buffer.from(data);
  expect(answer.binary, typeof data !== 'string');
  if (!answer.data.equals(wanted)) throw new Error(`${answer.data.length} other bytes than the ${wanted.length} sent`);
  const end = closed(socket);
  socket.close(1000, 'done');
  expect((await end).code, 1000);
}

async function main() {
  for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20, 5 << 20]) {
    for (const deflate of [false, true]) {
      const options = { perMessageDeflate: deflate };
      await run(`binary ${size} deflate ${deflate}`, () => echo('/', options, crypto.randomBytes(size)));
      await run(`text ${size} deflate ${deflate}`, () => echo('/', options, 'ä'.repeat(size >> 1) + 'x'.repeat(size & 1)));
    }
  }
  for (const size of [3, 300, 200000]) {
    await run(`fragments ${size}`, () => echo('/fragments', {}, crypto.randomBytes(size)));
  }
  await run('ping of the server', () => echo('/ping', {}, Buffer.from('after the pong')));
  await run('ping of the client', async () => {
    const socket = await open('/', {});
    for (const text of ['', 'x', 'y'.repeat(125)]) {
      const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())));
      socket.ping(text);
      expect(await pong, text);
    }
    socket.terminate();
  });
  for (const code of [1000, 1001, 1003, 1007, 1008, 1011, 3000, 4999]) {
    await run(`close ${code}`, async () => {
      const socket = await open(`/close/${code}/that%20is%20${code}`, {});
      const end = closed(socket);
      socket.send('close now');
      const { code: got, reason } = await end;
      expect(got, code);
      expect(reason, `that is ${code}`);
    });
  }
  await run('a server that vanishes is told as 1006 only when it does', async () => {
    const socket = await open('/', {});
    socket.send('still here');
    expect((await message(socket)).data.toString(), 'still here');
    const end = closed(socket);
    socket.close();
    expect((await end).code, 1005);
  });
  await run('protocols', async () => {
    const socket = await open('/', {}, ['chat.v2', 'chat.v1']);
    expect(socket.protocol, 'chat.v2');
    socket.terminate();
  });
  await run('a thousand messages in order', async () => {
    const socket = await open('/', { perMessageDeflate: false });
    let next = 0;
    const all = new Promise((resolve, reject) => socket.on('message', (data) => {
      if (Number(data.toString().trim()) !== next) reject(new Error(`${data} instead of ${next}`));
      if (++next === 1000) resolve();
    }));
    for (let i = 0; i < 1000; ++i) socket.send(String(i).padStart(1 + (i * 37) % 4000));
    await all;
    socket.terminate();
  });
  await run('fifty at once', () => Promise.all(Array.from({ length: 50 }, (_, i) =>
    echo('/', { perMessageDeflate: i % 2 === 0 }, crypto.randomBytes(i * 1000)))));
  console.log(JSON.stringify(results));
}

main();
