// The wire form of an HTTP/2 reply's head and trailers: fields for the session's HPACK encoder, names in lower case,
// none that belongs to a connection (RFC 9113 8.2.2). Texts are not copied: they live as long as the exchange.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace gh::proxy {

class Client;
class Exchange;

class H2Fields {
 public:
  /// `name` is in lower case.
  void add(std::string_view name, std::string_view value);
  [[nodiscard]] const nghttp2_nv* data() const { return more_.empty() ? few_.data() : more_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<nghttp2_nv, 32> few_;
  std::vector<nghttp2_nv> more_;  // all of them, when there are many
  std::size_t size_ = 0;
};

/// Those that a head of HTTP/2 may have.
void add_fields(H2Fields& out, Exchange& exchange, std::span<const http::Field> fields);
void add_status(H2Fields& out, Exchange& exchange, unsigned status);
void make_reply_head(H2Fields& out, Exchange& exchange, Client& client);
/// False: there are none. Reply::fill_trailers has run then.
bool make_trailers(H2Fields& out, Exchange& exchange);

}  // namespace gh::proxy
