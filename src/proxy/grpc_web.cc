#include "proxy/grpc_web.h"

#include <array>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/join.h"

namespace gh::proxy {

namespace {

constexpr std::string_view grpc_type = "application/grpc", web_type = "application/grpc-web",
                           text_type = "application/grpc-web-text";
constexpr char trailer_frame = static_cast<char>(0x80);

bool begins_with(std::string_view text, std::string_view type) {
  if (text.size() < type.size() || !iequals(text.substr(0, type.size()), type)) return false;
  return text.size() == type.size() || text[type.size()] == '+' || text[type.size()] == ';';
}

class GrpcWebFilter final : public BodyFilter {
 public:
  GrpcWebFilter(Exchange& exchange, bool text) : BodyFilter(exchange), text_(text) {}

  void put(std::span<const iovec> parts, bool last) override {
    const std::string end = last ? trailers() : std::string();
    std::string whole;
    if (!text_ && end.empty()) return pass(parts, last);
    for (const iovec& part : parts) whole.append(static_cast<const char*>(part.iov_base), part.iov_len);
    whole += end;
    std::string out = text_ ? encode_base64(whole) : std::move(whole);  // padded: pieces follow each other
    const iovec one{out.data(), out.size()};
    pass({&one, out.empty() ? 0U : 1U}, last);
  }

 private:
  /// A frame of them: a flag, the length in four bytes, lines as in HTTP/1.
  std::string trailers() {
    std::string lines;
    for (const http::Field& field : x_.reply.trailers.view()) {
      lines.append(to_lower(field.name)).append(": ").append(field.value).append("\r\n");
    }
    x_.reply.trailers.clear();
    if (lines.empty()) return {};
    std::string frame(1, trailer_frame);
    for (const unsigned shift : {24U, 16U, 8U, 0U}) frame.push_back(static_cast<char>(lines.size() >> shift));
    return frame + lines;
  }

  const bool text_;
};

/// In one piece of the arena; false: it is not base64.
bool decode_body(Exchange& x, ForwardedRequest& request) {
  std::string text;
  if (x.body.in_file()) {
    std::array<char, 16384> piece;
    for (std::uint64_t at = 0; at < x.body.size(); at = text.size()) {
      const auto got = x.body.read_file(at, piece.data(), piece.size());
      if (!got || *got == 0) return false;
      text.append(piece.data(), *got);
    }
  }
  std::string scratch;
  std::string_view rest = x.body.in_file() ? std::string_view(text) : x.body.whole(scratch);
  char* const all = x.arena.chars(base64_decoded_bytes(rest.size()) + 3);
  std::size_t size = 0;
  while (!rest.empty()) {  // pieces may follow each other, each padded on its own
    const std::size_t padding = rest.find('=');
    const std::string_view piece = rest.substr(0, padding);
    const auto bytes = decode_base64(piece, all + size);
    if (!bytes) return false;
    size += bytes->size();
    rest.remove_prefix(piece.size());
    while (rest.starts_with('=')) rest.remove_prefix(1);
  }
  request.own_body = {all, size};
  request.content_length = size;
  request.has_body = request.has_own_body = true;
  request.chunked = false;
  return true;
}

}  // namespace

GrpcWeb grpc_web_of(std::string_view content_type) {
  if (begins_with(content_type, text_type)) return GrpcWeb::text;
  return begins_with(content_type, web_type) ? GrpcWeb::binary : GrpcWeb::none;
}

GrpcWeb begin_grpc_web(Exchange& x, ForwardedRequest& request) {
  for (http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::content_type) continue;
    const GrpcWeb form = grpc_web_of(field.value);
    if (form == GrpcWeb::none) return form;
    request.web_type = field.value;
    if (form == GrpcWeb::text && !decode_body(x, request)) return GrpcWeb::failed;
    const std::string_view known = form == GrpcWeb::text ? text_type : web_type;
    field.value = join(x.arena, grpc_type, field.value.substr(known.size()));
    return form;
  }
  return GrpcWeb::none;
}

void translate_to_grpc_web(Exchange& x, std::string_view content_type) {
  if (!begins_with(x.reply.content_type, grpc_type)) return;  // no answer of gRPC, such as a proxy's error page
  const bool text = grpc_web_of(content_type) == GrpcWeb::text;
  const std::string_view subtype = x.reply.content_type.substr(grpc_type.size());
  x.reply.content_type = join(x.arena, text ? text_type : web_type, subtype.empty() ? "+proto" : subtype);
  x.reply.has_content_length = false;
  if (x.sends_body()) x.add_body_filter(std::make_unique<GrpcWebFilter>(x, text));
}

}  // namespace gh::proxy
