#include "policy/response/compression_filter.h"

#include <string>
#include <utility>

#include "net/work.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::policy {

namespace {

using Flush = Compressor::Flush;
using proxy::Exchange;

class CompressFilter;

/// One piece on another thread. It owns all it touches there; the filter that waits for it may be gone by then.
class Piece final : public net::Work {
 public:
  CompressFilter* filter = nullptr;        // loop thread only; null: nobody waits any more
  std::unique_ptr<Compressor> compressor;  // lent by the filter
  CompressorSettings settings;
  std::uint64_t length = 0;
  Flush flush = Flush::none;
  std::string in, out;
  bool is_good = false;

 private:
  void run() override {
    if (!compressor) compressor = make_compressor(settings, length);  // large tables are cleared here, too
    is_good = compressor && compressor->run(in, flush, out);
  }
  void done() override;
};

class CompressFilter final : public proxy::BodyFilter {
 public:
  CompressFilter(Exchange& exchange, const CompressFilterSettings& settings)
      : BodyFilter(exchange), settings_(settings), most_on_loop_(most_bytes_on_loop(settings.compressor)) {}
  ~CompressFilter() override {
    if (!running_) return;
    running_->filter = nullptr;
    running_->cancel();
  }

  void put(std::span<const iovec> parts, bool last) override {
    last_ = last;
    std::size_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    x_.coding_in += bytes;
    backlog_ = gathers(settings_.compressor.coding) ? backlog_ + bytes : bytes;
    if (!running_ && backlog_ <= most_on_loop_) return encode_here(parts);
    for (const iovec& part : parts) held_.append(static_cast<const char*>(part.iov_base), part.iov_len);
    if (!running_) start_piece();
  }

  [[nodiscard]] std::size_t held_bytes() const override { return held_.size() + (running_ ? running_->in.size() : 0); }

  void piece_done(Piece& piece) {
    running_ = nullptr;
    compressor_ = std::move(piece.compressor);
    if (!piece.is_good) return fail();
    if (settings_.flushes) backlog_ = held_.size();
    const bool was_last = piece.flush == Flush::finish;
    x_.on_filter_drained();
    if (!was_last && (!held_.empty() || last_)) start_piece();
    emit(piece.out, was_last);
  }

 private:
  [[nodiscard]] Flush flush() const { return last_ ? Flush::finish : settings_.flushes ? Flush::sync : Flush::none; }

  void encode_here(std::span<const iovec> parts) {
    thread_local std::string out;
    out.clear();
    if (!compressor_) compressor_ = make_compressor(settings_.compressor, settings_.length);
    bool is_good = compressor_ != nullptr;
    for (std::size_t i = 0; is_good && i < parts.size(); ++i) {
      const Flush how = i + 1 == parts.size() ? flush() : Flush::none;
      is_good = compressor_->run({static_cast<const char*>(parts[i].iov_base), parts[i].iov_len}, how, out);
    }
    if (is_good && parts.empty() && last_) is_good = compressor_->run({}, Flush::finish, out);
    if (!is_good) return fail();
    if (settings_.flushes) backlog_ = 0;
    emit(out, last_);
  }

  void start_piece() {
    auto piece = std::make_unique<Piece>();
    piece->filter = this;
    piece->compressor = std::move(compressor_);
    piece->settings = settings_.compressor;
    piece->length = settings_.length;
    piece->flush = flush();
    piece->in.swap(held_);
    running_ = piece.get();
    net::Work::start(x_.worker.loop, std::move(piece));
  }

  void emit(const std::string& out, bool last) {
    x_.coding_out += out.size();
    if (out.empty() && !last) return;
    const iovec part{const_cast<char*>(out.data()), out.size()};
    if (last) compressor_.reset();
    pass({&part, 1}, last);
  }

  void fail() {
    x_.log(LogLevel::alert, "the answer cannot be compressed: no memory");
    x_.fail_answer();
  }

  const CompressFilterSettings settings_;
  const std::size_t most_on_loop_;
  std::unique_ptr<Compressor> compressor_;  // null before the first piece, and while one is away with it
  Piece* running_ = nullptr;
  std::string held_;                        // came while a piece was away
  std::size_t backlog_ = 0;                 // to be encoded next, as far as is known: what the encoder gathers counts
  bool last_ = false;
};

void Piece::done() {
  if (filter) filter->piece_done(*this);
}

}  // namespace

std::unique_ptr<proxy::BodyFilter> make_compress_filter(Exchange& exchange, const CompressFilterSettings& settings) {
  return std::make_unique<CompressFilter>(exchange, settings);
}

}  // namespace gh::policy
