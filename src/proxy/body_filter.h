// BodyFilter: one stage of an answer's body on its way from its source to the client: compression, substitution,
// ranges, a rate. Steps of phase response add filters while the head is prepared (Exchange::add_body_filter), in the
// order in which bytes pass them; a step whose filter changes the length says so (reply.has_content_length = false).
// An exchange without filters pays one pointer test. Worker thread; owned by the exchange, gone when it ends.
//
//   source --send_head, send_body--> filter --pass--> filter --pass--> client
//
// Back pressure: a source stops while Exchange::queued_bytes() (the client's queue and what filters hold) is above its
// mark. A filter that makes much of little (gunzip) does the same with bytes_ahead(). Both are told when to look again.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>

namespace gh::proxy {

class Exchange;

class BodyFilter {
 public:
  BodyFilter(const BodyFilter&) = delete;
  BodyFilter& operator=(const BodyFilter&) = delete;
  virtual ~BodyFilter() = default;

  /// Bytes of the body, valid during the call: what cannot be passed on at once is copied. `last`: nothing follows.
  /// Parts may be empty. Called again only after it has returned, and never after `last`.
  virtual void put(std::span<const iovec> parts, bool last) = 0;
  /// Taken, but not passed on yet; it counts for back pressure. A filter that holds bytes over the end of put() calls
  /// Exchange::on_filter_drained() when it has passed some of them on.
  [[nodiscard]] virtual std::size_t held_bytes() const { return 0; }
  /// There may be room behind: the client's queue is empty, or a filter passed on what it held.
  virtual void on_drained() {}

 protected:
  explicit BodyFilter(Exchange& exchange) : x_(exchange) {}
  /// To the next stage, or to the client. The answer may be over when this returns, but the filter is still there.
  void pass(std::span<const iovec> parts, bool last);
  /// What waits behind this filter: the held bytes of the next ones and the client's queue.
  [[nodiscard]] std::size_t bytes_ahead() const;
  Exchange& x_;

 private:
  friend class Exchange;
  void tell_drained();
  std::unique_ptr<BodyFilter> next_;
};

}  // namespace gh::proxy
