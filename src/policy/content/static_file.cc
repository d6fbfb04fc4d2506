#include "policy/content/static_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "net/stream.h"
#include "proxy/exchange.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t piece_bytes = 128 * 1024;
constexpr std::size_t framed_piece_bytes = 32 * 1024;   // for a client that the kernel cannot send it to
constexpr std::size_t high_water_bytes = 128 * 1024;  // queued for the client; above it reading the file stops
constexpr std::uint64_t least_moved_bytes = 12 * 1024;  // what is left when the kernel is asked to send it; less is
                                                        // copied as fast as it is moved
constexpr std::size_t first_piece_bytes = 16 * 1024;  // of a file that is moved: goes out with the head
constexpr std::size_t most_a_turn = 2 << 20;          // then others have their turn

/// The client side copies what the kernel does not take, so one buffer a thread serves all files.
char* scratch() {
  thread_local const std::unique_ptr<char[]> buffer(new char[piece_bytes]);
  return buffer.get();
}

class FileSource final : public proxy::ContentSource {
 public:
  FileSource(Exchange& exchange, int fd, std::uint64_t bytes, std::uint64_t begin)
      : x_(exchange), fd_(fd), begin_(begin), left_(bytes), offset_(begin) {}

  Verdict start() {
    x_.reply.source_sends_parts = true;
    if (!x_.prepare_head()) {
      close();
      return Verdict::done;
    }
    if (x_.reply.partial) take_part(0);
    if (left_ == 0 || x_.request.method == http::Method::head) {
      close();
      x_.send_head({}, true);
      return Verdict::done;
    }
    if (left_ >= least_moved_bytes && !head_due_ && x_.body_stream()) {
      x_.reply.body_at_once = true;
      x_.attach(*this);
      x_.send_head({}, false);
      pump();
      return Verdict::wait;
    }
    if (left_ >= least_moved_bytes && x_.queued_bytes() >= high_water_bytes) {  // the client's window is shut
      x_.attach(*this);
      x_.send_head({}, false);
      pump();
      return Verdict::wait;
    }
    Piece piece;
    if (!read_piece(piece, left_ < least_moved_bytes || !x_.body_stream() ? framed_piece_bytes : first_piece_bytes)) {
      close();
      return unreadable();
    }
    x_.attach(*this);
    const bool last = take(piece.data_bytes);
    x_.send_head({piece.parts, piece.count}, last);
    if (!last) pump();
    return last ? Verdict::done : Verdict::wait;
  }

  void on_body(std::string_view) override {}
  void on_body_end() override {}
  void on_client_drained() override { pump(); }
  void on_abort() override { close(); }

 private:
  /// What goes out with one call: the head of a part and bytes of it, and the end of all.
  struct Piece {
    iovec parts[3];
    std::size_t count = 0;
    std::size_t data_bytes = 0;
    void add(const char* bytes, std::size_t size) {
      if (size > 0) parts[count++] = {const_cast<char*>(bytes), size};
    }
  };

  [[nodiscard]] bool is_multipart() const { return x_.reply.partial && x_.reply.partial->is_multipart(); }

  void take_part(std::size_t number) {
    const http::ByteRange& range = x_.reply.partial->ranges[number];
    part_ = number;
    offset_ = begin_ + range.first;
    left_ = range.length;
    head_due_ = is_multipart();
  }

  void pump() {
    std::size_t sent = 0;
    while (fd_ >= 0 && x_.queued_bytes() < high_water_bytes) {
      if (sent >= most_a_turn) return x_.resume();
      const std::size_t moved = move_some();
      sent += moved;
      if (moved > 0 && !is_full_) continue;
      Piece piece;
      if (!read_piece(piece, most_of_piece())) {
        close();
        return x_.fail_source();
      }
      sent += piece.data_bytes;
      const bool last = take(piece.data_bytes);
      x_.send_body({piece.parts, piece.count}, last);
    }
  }

  /// The kernel sends from the file: bytes. 0: it cannot, or the client takes none now; then a piece is read and
  /// queued, and when it has gone on_client_drained() comes here again. Parts keep a rest, for the text behind the last
  /// one.
  std::size_t move_some() {
    if (!moves_ || head_due_ || left_ < least_moved_bytes) return 0;
    net::Stream* const to = x_.body_stream();
    const std::uint64_t most = std::min<std::uint64_t>(is_multipart() ? left_ - first_piece_bytes : left_, most_a_turn);
    const ssize_t size = to ? to->send_file(fd_, offset_, static_cast<std::size_t>(most)) : -EINVAL;
    if (size < 0 && size != -EAGAIN) moves_ = false;
    is_full_ = size < static_cast<ssize_t>(most);  // asking again would only tell so once more
    if (size <= 0) return 0;
    const auto bytes = static_cast<std::size_t>(size);
    const bool last = take(bytes);
    x_.body_moved(bytes, last);
    return bytes;
  }

  /// Behind a part of the file that the kernel moved comes little; frames are filled while the bytes are in the cache.
  [[nodiscard]] std::size_t most_of_piece() {
    if (!x_.body_stream()) return framed_piece_bytes;
    return moves_ ? first_piece_bytes : piece_bytes;
  }

  /// False: the file has become shorter, or cannot be read; said in the log.
  bool read_piece(Piece& piece, std::size_t most) {
    thread_local std::string head, end;
    head.clear();
    end.clear();
    if (head_due_) http::write_part_head(*x_.reply.partial, part_, head);
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, most));
    ssize_t got = 0;
    do got = ::pread(fd_, scratch(), want, static_cast<off_t>(offset_));
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
      x_.log(LogLevel::crit, got == 0
                                 ? fmt::format("a file became shorter while it was sent: {} bytes are missing", left_)
                                 : fmt::format("pread() failed ({})", errno));
      return false;
    }
    head_due_ = false;
    piece.data_bytes = static_cast<std::size_t>(got);
    if (piece.data_bytes == left_ && is_multipart() && is_last_part()) write_multipart_end(*x_.reply.partial, end);
    piece.add(head.data(), head.size());
    piece.add(scratch(), piece.data_bytes);
    piece.add(end.data(), end.size());
    return true;
  }

  [[nodiscard]] bool is_last_part() const {
    return !x_.reply.partial || part_ + 1 == x_.reply.partial->ranges.size();
  }

  /// Counts bytes of the file; true when they were the last ones: then it is closed.
  bool take(std::size_t bytes) {
    offset_ += bytes;
    left_ -= bytes;
    if (left_ > 0) return false;
    if (!is_last_part()) {
      take_part(part_ + 1);
      return false;
    }
    close();
    return true;
  }

  Verdict unreadable() {
    x_.reply.fields.clear();
    x_.reply.last_modified = -1;
    return x_.error(500);
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  Exchange& x_;
  int fd_;
  const std::uint64_t begin_;        // where the body begins in the file
  std::uint64_t left_, offset_;      // of the body, or of the part that is under way
  std::size_t part_ = 0;
  bool head_due_ = false;            // the part's head was not sent yet
  bool is_full_ = false;             // the client took less than it was given
  bool moves_ = true;                // false: the kernel will not send this file to this client
};

}  // namespace

Verdict start_file(Exchange& exchange, int fd, std::uint64_t bytes, std::uint64_t begin) {
  return exchange.arena.make<FileSource>(exchange, fd, bytes, begin)->start();
}

}  // namespace gh::policy
