#include "http/upgrade.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"

namespace gh::http {

namespace {

constexpr std::string_view websocket_version = "13", key_name = "sec-websocket-key";
constexpr std::size_t key_text_bytes = 24, key_bytes = 16;

bool asks_for(const RequestHead& request, std::string_view protocol) {
  for (const Field& field : request.fields) {
    if (field.id == HeaderId::upgrade && list_has(field.value, protocol)) return true;
  }
  return false;
}

bool is_http(std::string_view protocol) {
  return iequals(protocol, "h2c") || iequals(protocol.substr(0, protocol.find('/')), "http");
}

/// The only field of that name, or nullptr.
const Field* single(std::span<const Field> fields, std::string_view name) {
  const Field* found = nullptr;
  for (const Field& field : fields) {
    if (field.id != HeaderId::other || !iequals(field.name, name)) continue;
    if (found) return nullptr;
    found = &field;
  }
  return found;
}

bool is_key(std::string_view text) {
  char bytes[base64_decoded_bytes(key_text_bytes)];
  if (text.size() != key_text_bytes) return false;
  const auto decoded = decode_base64(text, bytes);
  return decoded && decoded->size() == key_bytes;
}

}  // namespace

bool is_websocket_request(const RequestHead& request) {
  if (!request.has_upgrade || request.method != Method::get || request.framing == BodyFraming::chunked ||
      request.content_length > 0 || !asks_for(request, "websocket")) {
    return false;
  }
  const Field* version = single(request.fields, "Sec-WebSocket-Version");
  const Field* key = single(request.fields, key_name);
  return version && version->value == websocket_version && key && is_key(key->value);
}

void make_handshake(RequestHead& request, std::string_view key, Arena& arena) {
  const std::size_t count = request.fields.size();
  auto* const fields = arena.array<Field>(count + 3);
  std::size_t kept = 0;
  for (const Field& field : request.fields) {
    if (!iequals(field.name, key_name)) new (fields + kept++) Field(field);
  }
  new (fields + kept++) Field{"upgrade", "websocket", HeaderId::upgrade};
  new (fields + kept++) Field{"connection", "upgrade", HeaderId::connection};
  new (fields + kept++) Field{key_name, key, HeaderId::other};
  request.fields = {fields, kept};
  request.has_upgrade = true;
}

std::string websocket_accept(std::string_view key) {
  return encode_base64(digest(DigestKind::sha1, {key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"}));
}

bool accepts_key(const RequestHead& request, std::span<const Field> answer) {
  const Field* key = single(request.fields, key_name);
  const Field* accept = single(answer, "Sec-WebSocket-Accept");
  return key && accept && accept->value == websocket_accept(key->value);
}

bool is_asked_upgrade(const RequestHead& request, std::string_view sent, std::span<const Field> answer) {
  if (!request.has_upgrade) return false;
  bool named = false;
  for (const Field& field : answer) {
    if (field.id != HeaderId::upgrade) continue;
    std::string_view rest = field.value;
    std::string_view protocol;
    while (next_list_element(rest, protocol)) {
      if (is_http(protocol) || !list_has(sent, protocol) || !asks_for(request, protocol)) return false;
      named = true;
    }
  }
  return named;
}

}  // namespace gh::http
