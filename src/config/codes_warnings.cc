// The texts of `gatehouse explain W…` and `N…`, in order: what never stops a start.
#include "config/codes_lists.h"

namespace gh::config {
namespace {

constexpr std::string_view quiet = "`-q` hides it; it never stops a start";

constexpr Code list[] = {
    {"W103", "server name on one socket twice",
     "The first server with the name gets all requests, the second none.",
     "server { listen 80; server_name a; }\nserver { listen 80; server_name a; }",
     "server { listen 80; server_name a; }\nserver { listen 80; server_name b; }", quiet},
    {"W118", "nothing to serve",
     "Without a `server` block no socket is opened.",
     "upstream orders { server 127.0.0.1:9000; }", "server { listen 8080; location / { return 204; } }", quiet},
    {"W119", "suspicious server name",
     "A host name holds no slash: a path or a whole URL stands where the name should.",
     "server_name https://shop.example/;", "server_name shop.example;", quiet},
    {"W120", "nothing to delete",
     "`delete` takes out a network or range that stands above it, written the same. There is none.",
     "geo $a { 10.0.0.0/8 1; delete 10.1.0.0/16; }", "geo $a { 10.0.0.0/8 1; delete 10.0.0.0/8; }", quiet},
    {"W121", "a network given twice",
     "The same network or range has two values in one `geo`. The later one counts; `default` is 0.0.0.0/0 and ::/0.",
     "geo $a { 10.0.0.0/8 1; 10.0.0.0/8 2; }", "geo $a { 10.0.0.0/8 2; }", quiet},
    {"W122", "a variable is computed twice",
     "Two of map, geo and split_clients define the same variable. The later one counts everywhere.",
     "map $uri $a { default 1; }\nmap $host $a { default 2; }", "map $host $a { default 2; }", quiet},
    {"W307", "an answer before the checks",
     "`return` acts while the request is rewritten, before anybody is asked who they are: the checks that stand beside "
     "it are never asked, and all clients get the answer.",
     "location /admin { auth_basic shop; auth_basic_user_file users; return 200 \"hello\"; }",
     "location /admin { auth_basic shop; auth_basic_user_file users; root /srv/admin; }", quiet},
    {"W310", "nobody is trusted to name the client's address",
     "`real_ip_header` says which field holds the address, `set_real_ip_from` which proxies are believed. Without the "
     "second nothing changes: the address of the proxy in front counts as the client's.",
     "real_ip_header X-Forwarded-For;", "set_real_ip_from 10.0.0.0/8;\nreal_ip_header X-Forwarded-For;", quiet},
    {"W314", "a secret stands in the configuration",
     "Configurations are copied, mailed and kept under version control; who reads one can use what stands in it.",
     "consumer a { key 0123456789abcdef; }", "consumer a { key env:SHOP_KEY; }", quiet},
    {"W318", "auth_basic without a file of users",
     "Nobody can be known: all requests get 403.",
     "location /admin/ { auth_basic admin; }",
     "location /admin/ { auth_basic admin; auth_basic_user_file users; }", quiet},
    {"W320", "a login behind a login",
     "A location for logging in or signing up inherits a check of credentials: who comes there has none yet.",
     "server { auth_key shop; location /login { proxy_pass http://a; } }",
     "server { auth_key shop; location /login { auth_key off; proxy_pass http://a; } }", quiet},
    {"W321", "credentials that nobody looks at",
     "An `if` refuses requests without the field, and nothing verifies its value: whatever a client writes passes.",
     "location /api { if ($http_authorization = \"\") { return 401; } proxy_pass http://a; }",
     "location /api { auth_basic api; auth_basic_user_file users; proxy_pass http://a; }", quiet},
    {"W322", "sessions that end with the process",
     "Sessions in a store are sealed with `session_key`. Without one a key is made at each start, and no other gateway "
     "knows it: nobody can read what an earlier start has put into the store.",
     "oidc_provider a { issuer https://idp.example; client_id web; session_store shared; }",
     "oidc_provider a { issuer https://idp.example; client_id web; session_store shared; session_key env:KEY; }",
     quiet},
    {"W323", "no such user or group on this machine",
     "A start by root fails where `user` or its group is not known. A check may run on another machine than the "
     "gateway, so it only warns.",
     "user wwwdata;", "user www-data;", quiet},
    {"W324", "a condition that is always the same",
     "The condition looks at nothing of the request: with `(false)` or `(null)` nobody passes, with `(true)` everybody "
     "does.",
     "location /admin/ { auth_require (null); }", "location /admin/ { auth_require ($jwt_claim_admin == true); }",
     quiet},
    {"W325", "an identity that anybody can claim",
     "$remote_user is the name that a client sends, whether anybody has looked at its password or not: where "
     "auth_basic is off, or satisfy lets another check pass, it can be any name. What is told to services, issued in "
     "tokens or asked by auth_require looks at $auth_basic_user.",
     "map $remote_user $role { ann admin; }\nidentity_header X-Role $role;",
     "map $auth_basic_user $role { ann admin; }\nidentity_header X-Role $role;", quiet},
    {"W341", "some keys are of no use",
     "Keys of the file are passed over, as RFC 7517 wants it: of kinds that are not served, too weak, private where "
     "public ones are meant, or broken. Tokens that are signed with them are refused.",
     "auth_jwt_key_file mixed.json;", "auth_jwt_key_file jwks.json;", quiet},
    {"W342", "keys over plain HTTP",
     "Whoever is between the gateway and the issuer can put keys of his own into the answer, and from then on every "
     "token of his is good.",
     "auth_jwt_key_url http://idp.example/jwks.json;", "auth_jwt_key_url https://idp.example/jwks.json;", quiet},
    {"W401", "a host name does not resolve",
     "The peer counts as down until its name resolves.",
     "proxy_pass http://no-such-host.invalid;", "proxy_pass http://10.0.0.1;", quiet},
    {"W404", "an upstream is never used",
     "No `proxy_pass` names it: it is left over, or a name is misspelt.",
     "upstream orders { server 127.0.0.1:9000; }", "location / { proxy_pass http://orders; }", quiet},
    {"W416", "a name that is no upstream is taken as a host",
     "No `upstream` block has the name, so it is looked up as the name of a host, with the port of the scheme. "
     "It counts as down until it resolves.",
     "proxy_pass http://orders;", "proxy_pass http://orders:80;", quiet},
    {"W421", "a certificate out of its time",
     "The certificate has expired, or is not valid yet. Clients refuse the connection.",
     "ssl_certificate expired.pem;", "ssl_certificate renewed.pem;", quiet},
    {"W422", "a certificate for other names",
     "None of the server's certificates names the server name. Clients that ask for it refuse the connection.",
     "server_name shop.example; ssl_certificate blog.example.pem;",
     "server_name shop.example; ssl_certificate shop.example.pem;", quiet},
    {"W423", "no OCSP response to staple",
     "`ssl_stapling` needs the certificate of the issuer, and the address of a responder that speaks plain HTTP. "
     "Handshakes work without a response; clients that must have one refuse the connection.",
     "ssl_stapling on; ssl_stapling_responder https://ocsp.example/;",
     "ssl_stapling on; ssl_stapling_responder http://ocsp.example/;", quiet},
    {"W424", "secrets in the clear",
     "The gateway sends its own secret, or tokens, to this URL. Over plain HTTP anybody on the way can read and use "
     "them.",
     "auth_introspect http://idp.example/introspect client=gw secret=env:SECRET;",
     "auth_introspect https://idp.example/introspect client=gw secret=env:SECRET;", quiet},
    {"W501", "a zone is never used",
     "No `limit_req`, `limit_conn` or `limit_count` names it: requests are not held to it.",
     "limit_req_zone $remote_addr zone=a:1m rate=1r/s;", "limit_req zone=a;", quiet},
    {"W503", "a key that clients choose",
     "A limit counts by a field that clients write as they like. Each new value has a count of its own.",
     "limit_req_zone $http_x_forwarded_for zone=a:1m rate=1r/s;",
     "set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;\n"
     "limit_req_zone $binary_remote_addr zone=a:1m rate=1r/s;", quiet},
    {"W508", "a plan limits nothing",
     "No `limit_count_zone` has `plan=`, so no request is held to the plan.",
     "plan basic { rate 10r/s; }",
     "plan basic { rate 10r/s; }\nlimit_count_zone $remote_user zone=a:1m plan=$plan default=basic;", quiet},
    {"W509", "a key that is a proxy's address",
     "The file says that a proxy is in front (`listen ... proxy_protocol`), and trusts none to name the client: "
     " its own address is counted, for all clients together.",
     "server { listen 80 proxy_protocol; limit_req zone=a; }\nlimit_req_zone $remote_addr zone=a:1m rate=1r/s;",
     "set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol;", quiet},
    {"W510", "a limit that counts nothing",
     "Limits act before the request is answered, so a key that the answer brings is empty then, and empty keys are not "
     "counted.",
     "limit_req_zone $upstream_addr zone=a:1m rate=1r/s;", "limit_req_zone $consumer zone=a:1m rate=1r/s;", quiet},
    {"W511", "a location with a parameter of a route",
     "`:name` and `*name` stand for a part of a path in `route` blocks; in a location they are text like any other, "
     "and no request has them in its path.",
     "location /users/:id { }", "route * /users/:id { }", quiet},
    {"W609", "a certificate that is never shown",
     "The server has a certificate of its own, and none of its sockets speaks TLS: clients get plain HTTP, also on "
     "port 443.",
     "server { listen 443; ssl_certificate shop.pem; ssl_certificate_key shop.key; }",
     "server { listen 443 ssl; ssl_certificate shop.pem; ssl_certificate_key shop.key; }", quiet},
    {"W610", "early data without TLS 1.3",
     "Early data is a part of TLS 1.3. With older versions alone `ssl_early_data` does nothing.",
     "ssl_protocols TLSv1.2;\nssl_early_data on;", "ssl_protocols TLSv1.2 TLSv1.3;\nssl_early_data on;", quiet},
    {"W611", "early data that services do not learn of",
     "Who has seen early data can send it again, and the gateway cannot tell the second time from the first. RFC 8470 "
     "has it tell the service with `Early-Data: 1`; the service answers 425 to what must not happen twice. Any line "
     "that decides by `$ssl_early_data` silences the warning, too.",
     "ssl_early_data on;\nlocation / { proxy_pass http://app; }",
     "ssl_early_data on;\nlocation / { proxy_pass http://app; proxy_set_header Early-Data $ssl_early_data; }", quiet},
    {"W612", "gRPC without HTTP/2",
     "Clients of gRPC speak HTTP/2 only, and browsers speak gRPC-Web. A server that takes neither is called by nobody.",
     "server { listen 8080; location / { grpc_pass grpc://127.0.0.1:50051; } }",
     "server { listen 8080; http2 on; location / { grpc_pass grpc://127.0.0.1:50051; } }", quiet},
    {"W613", "the PROXY protocol is taken nowhere",
     "`real_ip_header proxy_protocol` takes the client's address from the line in front of a connection, and no socket "
     "of the servers that it holds for reads one.",
     "listen 80;\nset_real_ip_from 10.0.0.0/8;\nreal_ip_header proxy_protocol;",
     "listen 80 proxy_protocol;\nset_real_ip_from 10.0.0.0/8;\nreal_ip_header proxy_protocol;", quiet},
    {"W701", "listen ... http2 is an old form",
     "HTTP/2 is a matter of the server: `http2 on;` has replaced the parameter.",
     "listen 443 ssl http2;", "listen 443 ssl;\nhttp2 on;", quiet},
    {"W702", "ssl on is an old form",
     "Whether a socket speaks TLS is a matter of the socket: `listen ... ssl` has replaced the directive.",
     "ssl on;", "listen 443 ssl;", quiet},
    {"W703", "listen ... default is an old form",
     "`default_server` has replaced the parameter.",
     "listen 80 default;", "listen 80 default_server;", quiet},
    {"W705", "an odd blank or a byte order mark",
     "A no-break space or a similar blank looks like a space and does not separate words; a byte "
     "order mark at the start of the file is passed over.",
     "listen\xC2\xA0" "80;", "listen 80;", quiet},
    {"W706", "an escape is changed before the regular expression is read",
     "`\\n`, `\\t`, `\\r` and `\\\\` become one byte in any word, quoted or not, so the expression never "
     "sees the backslash.",
     "location ~ ^/a\\\\d { return 204; }", "location ~ ^/a\\d { return 204; }", quiet},
    {"W707", "low address bits are meaningless",
     "The network has bits set behind its prefix length. They are ignored.",
     "allow 10.1.2.3/8;", "allow 10.0.0.0/8;", quiet},
    {"W901", "not served yet",
     "The directive is known, and nothing acts on it in this release: the gateway works without it.",
     "http3 on;", "# http3 on;", quiet},
    {"N901", "accepted, no effect here",
     "The directive has no meaning in this program: worker pinning, hash sizes and the like.",
     "worker_cpu_affinity auto;", "", quiet},
    {"N903", "routes that ask for nothing",
     "A block asks who calls, and some of its locations or routes do not: a check is switched off there, or a `return` "
     "answers before it. Often that is meant, as for a login; here is the whole list, to compare with what is meant.",
     "auth_basic shop;\nauth_basic_user_file users;\nlocation /login { auth_basic off; }", "", quiet},
    {"N904", "what a route leaves over is open",
     "A `route` block asks who calls, but takes only its methods and just its path. Other requests go on to the "
     "location that fits them, which passes them to a service and asks nothing.",
     "route GET /users/:id { auth_jwt a; }\nlocation / { proxy_pass http://a; }",
     "route GET /users/:id { auth_jwt a; }\nlocation /users/ { return 404; }\nlocation / { proxy_pass http://a; }",
     quiet},
};

}  // namespace

std::span<const Code> warning_codes() { return list; }

}  // namespace gh::config
