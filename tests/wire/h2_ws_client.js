// node h2_ws_client.js PORT: a WebSocket over Node's own HTTP/2 client (RFC 8441), to an echo. Prints what came, as JSON.
'use strict';
const http2 = require('http2');

function maskedText(text) {   // RFC 6455 5.2, up to 64 KiB
  const data = Buffer.from(text), mask = Buffer.from([1, 2, 3, 4]);
  const head = data.length < 126 ? Buffer.from([0x81, 0x80 | data.length])
    : Buffer.from([0x81, 0x80 | 126, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ mask[i % 4])]);
}

const session = http2.connect('http://127.0.0.1:' + process.argv[2]);
const result = { settings: false, status: 0, received: '', closed: false };
const wanted = 2 + 'hello'.length + 4 + 60000;

session.on('remoteSettings', (settings) => {
  result.settings = settings.enableConnectProtocol;
  const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/',
    'sec-websocket-version': '13' }, { endStream: false });
  let received = Buffer.alloc(0);
  stream.on('response', (headers) => {
    result.status = headers[':status'];
    stream.write(maskedText('hello'));
    stream.write(maskedText('x'.repeat(60000)));
  });
  stream.on('data', (data) => {
    received = Buffer.concat([received, data]);
    if (received.length >= wanted) stream.end();
  });
  stream.on('close', () => {
    result.closed = true;
    result.received = received.toString('latin1');
    session.close();
  });
});
session.on('error', (error) => { result.error = String(error); });
session.on('close', () => console.log(JSON.stringify(result)));
