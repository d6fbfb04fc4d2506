// A gRPC server and clients of @grpc/grpc-js, without a schema: messages are bytes.
//
//   node grpc_peer.js server            prints its port; echoes; ends when stdin does
//   node grpc_peer.js client PORT NAME  runs the call NAME and prints what came of it as one line of JSON
//
// NODE_PATH names the folder of @grpc/grpc-js.
'use strict';
const grpc = require('@grpc/grpc-js');

const same = (value) => value;
const method = (name, requestStream, responseStream) => ({
  path: '/wire.Test/' + name, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
});
const service = {
  unary: method('Unary', false, false),
  collect: method('Collect', true, false),
  spread: method('Spread', false, true),
  chat: method('Chat', true, true),
  fail: method('Fail', false, false),
  slow: method('Slow', false, false),
};

function runServer() {
  const server = new grpc.Server();
  let cancelled = 0;
  server.addService(service, {
    unary(call, done) {
      const trailers = new grpc.Metadata();
      trailers.set('x-cancelled', String(cancelled));
      const head = new grpc.Metadata();
      for (const name of ['x-asked', 'te', 'grpc-timeout', ':authority']) {
        for (const value of call.metadata.get(name)) head.set('x-saw-' + name.replace(':', ''), value);
      }
      call.sendMetadata(head);
      done(null, call.request, trailers);
    },
    collect(call, done) {
      const parts = [];
      call.on('data', (part) => parts.push(part));
      call.on('end', () => done(null, Buffer.concat(parts)));
    },
    spread(call) {
      const count = call.request.length;
      let sent = 0;
      const next = () => {
        while (sent < count) {
          if (!call.write(Buffer.alloc(32768, sent++ & 255))) return call.once('drain', next);
        }
        call.end();
      };
      next();
    },
    chat(call) {
      call.on('data', (part) => call.write(Buffer.concat([Buffer.from('you said '), part])));
      call.on('end', () => call.end());
    },
    fail(call, done) {
      done({ code: grpc.status.FAILED_PRECONDITION, details: 'no, 100% not: é' });
    },
    slow(call) {
      call.on('cancelled', () => cancelled++);
    },
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(port + '\n');
  });
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

function runClient(port, name) {
  const Client = grpc.makeGenericClientConstructor(service, 'Test');
  const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure());
  const out = {};
  const print = () => {
    process.stdout.write(JSON.stringify(out) + '\n', () => process.exit(0));
  };
  const note = (call) => {
    call.on('metadata', (metadata) => { out.head = metadata.getMap(); });
    call.on('status', (status) => {
      out.code = status.code;
      out.details = status.details;
      out.trailers = status.metadata.getMap();
      print();
    });
    call.on('error', () => {});
    return call;
  };
  const got = (error, value) => { if (value) out.value = value.toString('latin1'); };
  const metadata = new grpc.Metadata();
  metadata.set('x-asked', 'yes');
  const soon = (ms) => ({ deadline: Date.now() + ms });
  const calls = {
    unary: () => note(client.unary(Buffer.from('hello'), metadata, soon(20000), got)),
    large: () => note(client.unary(Buffer.alloc(3000000, 120), metadata, soon(20000), (error, value) => {
      out.size = value ? value.length : -1;
    })),
    collect: () => {
      const call = note(client.collect(soon(20000), got));
      for (let i = 0; i < 100; i++) call.write(Buffer.from(i + ','));
      call.end();
    },
    spread: () => {
      const call = note(client.spread(Buffer.alloc(200), soon(20000)));
      out.size = 0;
      call.on('data', (part) => { out.size += part.length; });
    },
    chat: () => {
      const call = note(client.chat());
      out.parts = [];
      call.on('data', (part) => {  // each goes out when the one before it has come back
        out.parts.push(part.toString());
        if (out.parts.length < 5) call.write(Buffer.from(String(out.parts.length)));
        else call.end();
      });
      call.write(Buffer.from('0'));
    },
    chat_over_reload: () => {
      const call = note(client.chat());
      out.parts = [];
      call.on('data', (part) => {
        out.parts.push(part.toString());
        if (out.parts.length === 1) process.stdout.write('first\n');
        else call.end();
      });
      call.write(Buffer.from('0'));
      process.stdin.once('data', () => call.write(Buffer.from('1')));
    },
    fail: () => note(client.fail(Buffer.from(''), soon(20000), got)),
    deadline: () => note(client.slow(Buffer.from(''), soon(300), got)),
    cancel: () => {
      const call = note(client.slow(Buffer.from(''), got));
      setTimeout(() => call.cancel(), 200);
    },
    unary_without_deadline: () => note(client.unary(Buffer.from('x'), metadata, got)),
  };
  calls[name]();
}

if (process.argv[2] === 'server') runServer();
else runClient(process.argv[3], process.argv[4]);
