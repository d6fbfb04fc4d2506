#include "net/loop.h"

#include <csignal>
#include <cstdlib>

#include "net/tls.h"

namespace gh::net {

namespace {

template <class Handle>
uv_handle_t* as_handle(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

}  // namespace

Deferred::~Deferred() {
  if (loop_) loop_->take_out(*this);
}

struct Loop::TlsTurns final : Deferred {
  Loop& loop;
  TlsShare share;
  explicit TlsTurns(Loop& of) : loop(of) {
    loop.at_turn_end([this] { share.turn_ends(); });
  }
  void run_deferred() override {
    if (share.run_work()) loop.defer(*this);  // out of time: goes on in the next turn
  }
};

namespace {

/// The wheel is made from the loop in Loop's member list, so libuv must be ready by then. It fails only when the
/// process is out of descriptors or memory at start.
uv_loop_t* initialised(uv_loop_t* loop) {
  if (uv_loop_init(loop) != 0) std::abort();
  return loop;
}

}  // namespace

Loop::Loop(Clock::Kind kind)
    : clock_(kind),
      timers_(initialised(&loop_), clock_),
      read_buffer_(std::make_unique_for_overwrite<char[]>(read_buffer_bytes)) {
  std::signal(SIGPIPE, SIG_IGN);
  loop_.data = this;
  uv_async_init(&loop_, &mail_arrived_, [](uv_async_t* async) { static_cast<Loop*>(async->data)->read_mail(); });
  mail_arrived_.data = this;
  uv_prepare_init(&loop_, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* prepare) { static_cast<Loop*>(prepare->data)->turn_ends(); });
  uv_unref(as_handle(prepare_));
  uv_idle_init(&loop_, &idle_);
  uv_unref(as_handle(idle_));
}

Loop::~Loop() {
  while (deferred_first_) take_out(*deferred_first_);
  timers_.close();
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (!uv_is_closing(handle)) uv_close(handle, nullptr);
      },
      nullptr);
  while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
  }
  uv_loop_close(&loop_);
}

TlsShare& Loop::tls() {
  if (!tls_) tls_ = std::make_unique<TlsTurns>(*this);
  return tls_->share;
}

void Loop::defer_tls() {
  tls();
  defer(*tls_);
}

void Loop::run() {
  running_ = true;
  uv_run(&loop_, UV_RUN_DEFAULT);
  turn_ends();  // the turn that called stop() has an end as well: its log lines must not be lost
  running_ = false;
}

void Loop::stop() { uv_stop(&loop_); }

void Loop::refresh_clock() {
  clock_.update();
  clock_stale_ = !running_;  // outside run() there are no turns: each look is a fresh one
}

void Loop::post(std::function<void()> mail) {
  {
    const std::lock_guard guard(mail_lock_);
    mail_.push_back(std::move(mail));
  }
  uv_async_send(&mail_arrived_);
}

void Loop::read_mail() {
  woke();
  {
    const std::lock_guard guard(mail_lock_);
    mail_being_read_.swap(mail_);
  }
  for (auto& mail : mail_being_read_) mail();
  mail_being_read_.clear();
}

void Loop::defer(Deferred& work) {
  if (work.loop_) return;
  work.loop_ = this;
  work.prev_ = deferred_last_;
  work.next_ = nullptr;
  (deferred_last_ ? deferred_last_->next_ : deferred_first_) = &work;
  deferred_last_ = &work;
  ++deferred_count_;
}

void Loop::take_out(Deferred& work) {
  (work.prev_ ? work.prev_->next_ : deferred_first_) = work.next_;
  (work.next_ ? work.next_->prev_ : deferred_last_) = work.prev_;
  work.prev_ = work.next_ = nullptr;
  work.loop_ = nullptr;
  --deferred_count_;
}

void Loop::at_turn_end(std::function<void()> work) { turn_end_work_.push_back(std::move(work)); }

void Loop::run_deferred() {
  for (int round = 0; round < max_deferred_rounds && deferred_first_; ++round) {
    for (std::size_t left = deferred_count_; left > 0 && deferred_first_; --left) {
      Deferred& work = *deferred_first_;
      take_out(work);
      work.run_deferred();
    }
  }
}

void Loop::turn_ends() {
  if (deferred_first_) run_deferred();
  for (std::size_t i = 0; i < turn_end_work_.size(); ++i) turn_end_work_[i]();
  if (deferred_first_) {
    uv_idle_start(&idle_, [](uv_idle_t*) {});
  } else if (uv_is_active(as_handle(idle_))) {
    uv_idle_stop(&idle_);
  }
  clock_stale_ = true;
}

}  // namespace gh::net
