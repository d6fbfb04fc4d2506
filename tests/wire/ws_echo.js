// An echo server of Node's ws. Prints its port. Paths: /close/CODE/REASON closes so on the first message, /fragments
// sends each message back in three parts, /ping pings before it echoes, anything else echoes. argv: the port, or 0.
'use strict';
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2] || 0), maxPayload: 1 << 26,
  perMessageDeflate: { threshold: 64 }, handleProtocols: (protocols) => [...protocols][0] || false });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket, request) => {
  const [, what, code, reason] = request.url.split('/');
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => {
    if (what === 'close') return socket.close(Number(code), decodeURIComponent(reason || ''));
    if (what === 'fragments') {
      const third = Math.floor(data.length / 3);
      socket.send(data.subarray(0, third), { binary, fin: false });
      socket.send(data.subarray(third, 2 * third), { binary, fin: false });
      return socket.send(data.subarray(2 * third), { binary, fin: true });
    }
    if (what === 'ping') {
      socket.once('pong', () => socket.send(data, { binary }));
      return socket.ping('are you there');
    }
    socket.send(data, { binary });
  });
});
process.stdin.on('end', () => process.exit(0)).resume();
