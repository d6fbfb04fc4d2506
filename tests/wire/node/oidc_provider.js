// An OpenID provider of others (oidc-provider), with its own pages for login and consent.
//
//   node oidc_provider.js FOLDER SECRET     prints its port; ends when stdin does
//
// FOLDER holds the module. Anybody may log in, with any password. Its clients come back to http://app.example/back.
'use strict';
const http = require('http');
const path = require('path');
const { pathToFileURL } = require('url');

const [folder, secret] = process.argv.slice(2);

async function main() {
  const { default: Provider } = await import(pathToFileURL(path.join(folder, 'oidc-provider', 'lib', 'index.js')));
  const server = http.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
      client_id: 'web', client_secret: secret, scope: 'openid email offline_access api',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      redirect_uris: ['http://app.example/back'], post_logout_redirect_uris: ['http://app.example/bye'],
    }],
    scopes: ['openid', 'email', 'offline_access', 'api'],
    claims: { openid: ['sub'], email: ['email'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@shop.example` }) }),
    features: {
      introspection: { enabled: true }, revocation: { enabled: true }, clientCredentials: { enabled: true },
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: { AccessToken: 2, ClientCredentials: 600, IdToken: 600, RefreshToken: 600, Session: 600, Grant: 600, Interaction: 600 },
    cookies: { keys: ['a key of a test'] },
  });
  server.on('request', provider.callback());
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log(port);
}

main();
