// The texts of `gatehouse explain CODE`. One entry a code, in order; tests/unit/config/codes_test.cc checks that each
// is complete and that a fixture in tests/check fires it.
#include "config/codes.h"

#include <algorithm>

#include <fmt/format.h>

namespace gh::config {
namespace {

constexpr std::string_view quiet = "`-q` hides it; it never stops a start";

constexpr Code all_codes[] = {
    {"E0101", "a `;` is missing",
     "A directive ends with `;`. Without it the next line becomes part of the directive; the place "
     "named is the end of the line above.",
     "listen 80\nserver_name a.example;", "listen 80;\nserver_name a.example;", {}},
    {"E0102", "a `}` is missing",
     "A block is open at the end of the file. The block named is the first whose closing brace is "
     "indented less than itself: that brace closed the wrong block.",
     "server {\n    location / {\n        return 204;\n}",
     "server {\n    location / {\n        return 204;\n    }\n}", {}},
    {"E0103", "a quote is never closed",
     "A quoted word may span lines, so a forgotten quote takes in all text up to the next one. The "
     "opening quote is named.",
     "add_header X \"a;\nadd_header Y \"b\";", "add_header X \"a\";\nadd_header Y \"b\";", {}},
    {"E0104", "text is glued to a closing quote",
     "Quotes count only around a whole word. Behind the closing quote only a blank, `;`, `{` or `)` "
     "may follow.",
     "proxy_pass \"http://a\"/path;", "proxy_pass \"http://a/path\";", {}},
    {"E0105", "a `}` without a block",
     "There is one closing brace more than opening ones.",
     "server {\n    listen 80;\n}\n}", "server {\n    listen 80;\n}", {}},
    {"E0106", "a `{` is missing",
     "The directive is a block, and what follows belongs into it.",
     "location /api\n    proxy_pass http://a;\n}", "location /api {\n    proxy_pass http://a;\n}", {}},
    {"E0107", "a regular expression with `{` must be quoted",
     "An unquoted `{` ends the word and opens a block, so a quantifier such as `{1,2}` needs quotes "
     "around the expression.",
     "location ~ ^/v[0-9]{1,2}/ { return 204; }", "location ~ \"^/v[0-9]{1,2}/\" { return 204; }", {}},
    {"E0108", "a `;` or `{` without a directive",
     "Something must be named before `;` or `{`.",
     "listen 80;;", "listen 80;", {}},
    {"E0109", "a raw block is not closed",
     "The text of this block runs to the brace that matches its first one; there is none before the "
     "end of the file. Strings and comments hide braces.",
     "respond {\n    id id;", "respond {\n    id id;\n}", {}},
    {"E0110", "blocks are nested too deeply",
     "More than 64 blocks stand in each other. No real configuration needs that; a missing `}` may.",
     "a { a { a { ... } } }", "a { }", {}},
    {"E0111", "too many directives",
     "A configuration may hold 100,000 directives, included files and lines of `map` blocks counted.",
     "(100,001 directives)", "(100,000 directives)", {}},
    {"E0112", "a word is too long",
     "A word may hold 1 MiB. Longer ones come from a quote that is closed much later.",
     "set $x \"(more than 1 MiB)\";", "set $x \"(less)\";", {}},
    {"E0113", "a file is too large",
     "A configuration file may hold 64 MiB.",
     "include (a file of 65 MiB);", "include (smaller files);", {}},
    {"E0114", "too many files",
     "At most 1000 files may be included, 64 deep.",
     "include (1001 files);", "include (fewer files);", {}},
    {"E0115", "a file includes itself",
     "Following the `include` directives leads back to the same file. The chain is shown.",
     "# in a.conf\ninclude a.conf;", "# in a.conf\ninclude b.conf;", {}},
    {"E0116", "a file cannot be read",
     "The file is there, or may be, and the system refuses to read it: rights, a folder in its place,"
     " an error of the disk.",
     "include /etc/shadow;", "include sites/api.conf;", {}},
    {"E0201", "unknown directive",
     "No directive has this name. The nearest names are proposed, those legal at this place first.",
     "proxy_passs http://a;", "proxy_pass http://a;", {}},
    {"E0202", "directive not allowed here",
     "The directive exists, and may not stand in this block. Often a `}` is missing or one too many "
     "above.",
     "http { proxy_pass http://a; }", "http { server { location / { proxy_pass http://a; } } }", {}},
    {"E0203", "directive given twice",
     "It has one value, so it may stand once in a block.",
     "root /a;\nroot /b;", "root /b;", {}},
    {"E0204", "wrong number of arguments",
     "Too few or too many words stand behind the name. A missing `;` or missing quotes are the usual "
     "cause.",
     "proxy_read_timeout 5 s;", "proxy_read_timeout 5s;", {}},
    {"E0205", "unknown parameter",
     "The directive takes parameters, and none has this name.",
     "limit_req zone=a brust=5;", "limit_req zone=a burst=5;", {}},
    {"E0206", "a block is missing",
     "The directive needs `{ }`, and ends with `;`.",
     "location /;", "location / { }", {}},
    {"E0207", "takes no block",
     "The directive ends with `;`, and a `{` follows.",
     "listen 80 { }", "listen 80;", {}},
    {"E0208", "a block inside a data block",
     "Blocks such as `types` hold only lines of a key and a value.",
     "types { server { } }", "types { text/html html; }", {}},
    {"E0209", "parameter given twice",
     "Each parameter may stand once.",
     "limit_req zone=a zone=b;", "limit_req zone=a;\nlimit_req zone=b;", {}},
    {"E0210", "parameter missing",
     "The directive cannot work without this parameter.",
     "limit_req burst=5;", "limit_req zone=a burst=5;", {}},
    {"E0211", "not part of the language",
     "The word belongs to another language: there is no `else`, no loop and no arithmetic.",
     "location /a { return 204; } else { return 404; }", "location /a { return 204; }\nlocation / { return 404; }", {}},
    {"E0301", "invalid number",
     "Digits are expected, with a `-` only where negative values make sense.",
     "worker_connections many;", "worker_connections 1024;", {}},
    {"E0302", "value out of bounds",
     "The value is well written, and smaller or larger than the directive can take.",
     "limit_req_status 200;", "limit_req_status 429;", {}},
    {"E0303", "invalid variable name",
     "Behind `$` a name of letters, digits and `_` must follow. A dollar sign is written `$$`.",
     "return 200 \"5$ only\";", "return 200 \"5$$ only\";", {}},
    {"E0304", "invalid size",
     "Digits, then `k` or `m`; `g` only where large amounts make sense. No fractions, no blanks.",
     "client_max_body_size 1.5m;", "client_max_body_size 1536k;", {}},
    {"E0305", "invalid time",
     "A sum of numbers with units, largest first, each once: `w d h m s ms`. A number alone counts "
     "seconds.",
     "proxy_read_timeout 30sec;", "proxy_read_timeout 30s;", {}},
    {"E0306", "invalid rate",
     "A count, `r/`, and a unit of s, m, h or d, with a number before it if wanted.",
     "limit_req_zone $remote_addr zone=a:1m rate=10/s;",
     "limit_req_zone $remote_addr zone=a:1m rate=10r/s;", {}},
    {"E0307", "invalid share",
     "A percentage such as `60%`, or a fraction such as `0.6`.",
     "error_threshold half;", "error_threshold 50%;", {}},
    {"E0308", "invalid status code",
     "A status is a number of up to three digits.",
     "return 20x;", "return 200;", {}},
    {"E0309", "neither on nor off",
     "The directive is a switch.",
     "proxy_buffering yes;", "proxy_buffering on;", {}},
    {"E0310", "invalid value",
     "Only the words listed may stand here.",
     "error_format xml;", "error_format json;", {}},
    {"E0311", "invalid address",
     "An IPv4 or IPv6 address is expected, at some places also a network with a prefix length, `all` or `unix:`.",
     "resolver ns1.example;", "resolver 10.0.0.2;", {}},
    {"E0312", "invalid regular expression",
     "The expression does not compile. The message is that of PCRE2.",
     "location ~ ^/(a { return 204; }", "location ~ ^/(a) { return 204; }", {}},
    {"E0313", "not a variable",
     "A variable with its `$` is expected.",
     "set x 1;", "set $x 1;", {}},
    {"E0314", "environment variable not set",
     "`${env:NAME}` is replaced when the configuration is loaded, and the variable is not in the "
     "environment.",
     "root ${env:SITE};", "root ${env:SITE:-/var/www};", {}},
    {"E0315", "invalid expression",
     "An expression stands between `(` and its `)`, with a blank behind it.",
     "require (order.id == 1;", "require (order.id == 1);", {}},
    {"E0316", "an empty value",
     "The value may not be empty.",
     "include \"\";", "include sites.conf;", {}},
    {"E0317", "invalid server name",
     "A wildcard is a whole label at one end of the name; a regular expression begins with `~`.",
     "server_name a.*.example;", "server_name *.example;", {}},
    {"E0318", "invalid URL of an upstream",
     "The URL names a scheme and a host: `http://host`, `http://host:8080/path`, `http://unix:/run/app.sock:/path`.",
     "proxy_pass 127.0.0.1:8080;", "proxy_pass http://127.0.0.1:8080;", {}},
    {"E0319", "invalid key",
     "A key of `map` with `hostnames` holds a wildcard elsewhere than as its whole first or last label; or a line of "
     "`geo` begins with something that is neither a network, a range nor a word it knows.",
     "map $host $a { hostnames; www.*.example 1; }", "map $host $a { hostnames; *.example 1; }", {}},
    {"E0401", "unknown variable",
     "Nothing defines the variable: it is none of the gateway's own and no group of a regular expression.",
     "return 200 $hots;", "return 200 $host;", {}},
    {"E0402", "unknown upstream",
     "No `upstream` block has this name, and one has a name that is nearly the same.",
     "upstream orders { server 127.0.0.1:9000; }\nproxy_pass http://ordres;",
     "upstream orders { server 127.0.0.1:9000; }\nproxy_pass http://orders;", {}},
    {"E0403", "unknown zone",
     "No directive defines a zone of this name.",
     "limit_req zone=a;", "limit_req_zone $remote_addr zone=a:1m rate=1r/s;\nlimit_req zone=a;", {}},
    {"E0404", "unknown named location",
     "No `location @NAME` stands in this server.",
     "error_page 502 @fallbak;", "location @fallback { return 503; }\nerror_page 502 @fallback;", {}},
    {"E0405", "unknown log format",
     "No `log_format` has this name.",
     "access_log logs/a.log mian;", "access_log logs/a.log combined;", {}},
    {"E0406", "a file is missing",
     "The file named does not exist. Paths of includes, certificates and keys start at the folder of "
     "the main configuration file.",
     "include sites/api.cnf;", "include sites/api.conf;", {}},
    {"E0407", "a log file cannot be opened",
     "The folder of a log must exist and be writable. Relative paths start at the prefix (-p).",
     "error_log missing/error.log;", "error_log stderr;", {}},
    {"E0408", "an upstream without servers",
     "An `upstream` block needs a `server` that is not `backup`.",
     "upstream orders { least_conn; }", "upstream orders { least_conn; server 127.0.0.1:9000; }", {}},
    {"E0421", "a file of TLS cannot be read",
     "A certificate, a key, a list of authorities or of passwords is not there, or the system refuses to read it. "
     "Relative paths start at the folder of the main file.",
     "ssl_certificate /etc/no-such.pem;", "ssl_certificate shop.pem;", {}},
    {"E0422", "a certificate or key cannot be used",
     "The file was read, and OpenSSL finds nothing in it that it can use: another form than PEM, a broken copy, a key "
     "whose password is wrong or not given, a key that is too short for the system's rules.",
     "ssl_certificate key-instead.pem;", "ssl_certificate shop.pem;", {}},
    {"E0423", "a key that belongs to another certificate",
     "The public key in the certificate is not the one of the private key. Often a renewed certificate stands beside "
     "its old key, or the chain stands before the server's own certificate.",
     "ssl_certificate shop.pem;\nssl_certificate_key blog.key;",
     "ssl_certificate shop.pem;\nssl_certificate_key shop.key;", {}},
    {"E0424", "TLS without what it needs",
     "A socket that speaks TLS has no certificate to show, a certificate has no key, or clients' certificates are "
     "verified and no authority is named.",
     "server { listen 443 ssl; }",
     "server { listen 443 ssl; ssl_certificate shop.pem; ssl_certificate_key shop.key; }", {}},
    {"E0425", "a value of TLS that OpenSSL does not take",
     "Names of ciphers, curves and commands are OpenSSL's own; what it knows depends on its version and on the "
     "system's rules.",
     "ssl_ciphers NOSUCHCIPHER;", "ssl_ciphers HIGH:!aNULL;", {}},
    {"E0501", "two default servers",
     "Two servers of one address and port are marked `default_server`.",
     "server { listen 80 default_server; }\nserver { listen 80 default_server; }",
     "server { listen 80 default_server; }\nserver { listen 80; }", {}},
    {"E0502", "listen given twice",
     "One server names the same address and port twice.",
     "listen 80;\nlisten 80;", "listen 80;", {}},
    {"E0503", "location given twice",
     "Two locations of one block have the same text and kind.",
     "location /a { }\nlocation /a { }", "location /a { }", {}},
    {"E0504", "location outside its parent",
     "The text of a nested location must begin with that of the location around it.",
     "location /a { location /b { } }", "location /a { location /a/b { } }", {}},
    {"E0505", "port in use",
     "Another process listens on this address and port.",
     "listen 80;", "listen 8080;", {}},
    {"E0506", "a name is defined twice",
     "Zones, upstreams, stores and formats have one definition each.",
     "upstream a { server 10.0.0.1; }\nupstream a { server 10.0.0.2; }",
     "upstream a { server 10.0.0.1; server 10.0.0.2; }", {}},
    {"E0507", "a URI part is not possible here",
     "The URI part of `proxy_pass` replaces the path prefix of its location. A regex location, a named location and an "
     "`if` have no prefix.",
     "location ~ ^/v { proxy_pass http://127.0.0.1/x; }", "location ~ ^/v { proxy_pass http://127.0.0.1; }", {}},
    {"E0508", "a key is given twice",
     "Each key of a `map` selects one value. Keys are compared without case; `.example.com` is `example.com` and "
     "`*.example.com`.",
     "map $uri $a { /x 1; /X 2; }", "map $uri $a { /x 1; }", {}},
    {"E0509", "ranges overlap",
     "A range of `geo` may lie inside an earlier one, or be the same again, but not reach over its edge: which value "
     "would count is not clear.",
     "geo $a { ranges; 10.0.0.0-10.0.0.9 1; 10.0.0.5-10.0.0.20 2; }",
     "geo $a { ranges; 10.0.0.0-10.0.0.20 2; 10.0.0.0-10.0.0.9 1; }", {}},
    {"E0601", "refused feature",
     "The directive belongs to a feature that is deliberately not part of this program. The help line"
     " says what to use instead.",
     "content_by_lua_block { ngx.say(1) }", "return 200 1;", {}},
    {"E0602", "not served yet, and cannot be passed over",
     "The directive is known, and this release does not serve it. Passing over it would let other requests through, or "
     "answer them in another way, so the configuration is refused as a whole. The help line says what to do until "
     "then. Directives that only cost speed or comfort get W901 instead.",
     "auth_jwt shop;", "listen 127.0.0.1:8080;  # behind a server that checks", {}},
    {"E0603", "nothing to listen on",
     "Every `listen` of the configuration asks for what is not served yet (`quic`), so no socket "
     "would be opened. `--check` warns of it; a start and a reload are refused.",
     "server { listen 443 quic; }", "server { listen 8080; }", {}},
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
    {"W318", "auth_basic without a file of users",
     "Nobody can be known: all requests get 403.",
     "location /admin/ { auth_basic admin; }",
     "location /admin/ { auth_basic admin; auth_basic_user_file users; }", quiet},
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
    {"W501", "a zone is never used",
     "No `limit_req`, `limit_conn` or `limit_count` names it: requests are not held to it.",
     "limit_req_zone $remote_addr zone=a:1m rate=1r/s;", "limit_req zone=a;", quiet},
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
};

std::string indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

}  // namespace

std::span<const Code> codes() { return all_codes; }

const Code* find_code(std::string_view id) {
  const auto found =
      std::find_if(std::begin(all_codes), std::end(all_codes), [&](const Code& c) { return c.id == id; });
  return found == std::end(all_codes) ? nullptr : found;
}

std::string explain(const Code& code) {
  std::string out = fmt::format("{}: {}\n\n{}\n\nFires:\n{}", code.id, code.title, code.cause, indented(code.bad));
  if (!code.good.empty()) out += fmt::format("\nPut right:\n{}", indented(code.good));
  out += fmt::format("\nTo silence: {}\n", code.silence.empty() ? "not possible, it would fail a start" : code.silence);
  return out;
}

}  // namespace gh::config
