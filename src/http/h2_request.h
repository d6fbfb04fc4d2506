// A request's head from the decoded fields of HTTP/2 (RFC 9113 8.2, 8.3), under the rules that HTTP/1.1 is held to:
// nothing comes out that could not be written as HTTP/1.1 again. Pure; memory is the arena's.
#pragma once

#include "http/request_fields.h"

namespace gh::http {

class H2RequestReader {
 public:
  /// `limits.line_bytes` is for a name and for a value, `total_bytes` for all of them together.
  H2RequestReader(Arena& arena, const HeadLimits& limits)
      : arena_(arena), limits_(limits), list_(arena), crumbs_(arena) {}

  /// The client was told that CONNECT may have :protocol (RFC 8441 3).
  void take_protocols() { takes_protocols_ = true; }
  /// The next field; both texts are copied. False: the head is too large, and the client is not to be listened to.
  bool add(std::string_view name, std::string_view value);
  /// All fields are there. False: the request is malformed; `out` has what was understood.
  bool finish(bool ends_stream, RequestHead& out, HeadError& error);

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void add_field(std::string_view name, std::string_view value);
  void begin_fields();
  void push(const Field& field);
  void join_cookies();
  void judge_protocol(RequestHead& out);
  void make_request_line(RequestHead& out);
  bool judge_target(RequestHead& out, HeadError& error) const;
  bool judge_host(RequestHead& out, HeadError& error) const;
  bool judge_body(bool ends_stream, RequestHead& out, HeadError& error) const;
  void fail(const char* reason) {
    if (!fault_) fault_ = reason;
  }

  Arena& arena_;
  const HeadLimits& limits_;
  FieldList list_, crumbs_;           // crumbs_: Cookie fields behind the first (RFC 9113 8.2.3)
  RequestFields seen_;
  std::string_view method_, scheme_, path_, authority_, protocol_;
  bool takes_protocols_ = false, has_protocol_ = false;
  bool has_method_ = false, has_scheme_ = false, has_path_ = false, has_authority_ = false;
  bool fields_begun_ = false;
  std::size_t bytes_ = 0, count_ = 0;
  std::size_t cookie_at_ = 0;         // in list_, 1-based; 0: none
  const char* fault_ = nullptr;       // the first one
};

/// The trailer section of a request, field by field: nullptr, or why the request is malformed.
const char* judge_h2_trailer(std::string_view name, std::string_view value);

}  // namespace gh::http
