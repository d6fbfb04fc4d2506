#include "run/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace gh::run {

namespace {

constexpr std::array ends{SIGTERM, SIGINT, SIGQUIT};
constexpr std::array others{SIGHUP, SIGUSR1};

constexpr std::uint32_t bit(int number) { return std::uint32_t{1} << static_cast<unsigned>(number); }
constexpr std::uint32_t end_bits = bit(SIGTERM) | bit(SIGINT) | bit(SIGQUIT);

std::atomic<std::uint32_t> noted{0};
std::atomic<uv_async_t*> awake{nullptr};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::atomic<uv_async_t*>::is_always_lock_free);

/// Nothing but what signal-safety(7) allows; uv_async_send() is made for this.
void note(int number) {
  const int error = errno;
  noted.fetch_or(bit(number));
  if (uv_async_t* const wake = awake.load()) uv_async_send(wake);
  errno = error;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

Signals::~Signals() {
  if (!wake_) return;
  awake = nullptr;
  for (const int number : ends) install(number, SIG_DFL);
  for (const int number : others) install(number, SIG_IGN);  // a late reload must not end a process that is ending
  uv_close(reinterpret_cast<uv_handle_t*>(wake_.release()),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
}

void Signals::watch(net::Loop& loop, std::function<void(int)> handle) {
  handle_ = std::move(handle);
  wake_ = std::make_unique<uv_async_t>();
  uv_async_init(loop.uv(), wake_.get(), [](uv_async_t* wake) { static_cast<Signals*>(wake->data)->handle_noted(); });
  wake_->data = this;
  awake = wake_.get();
  for (const int number : ends) install(number, note);
  for (const int number : others) install(number, note);
}

bool Signals::is_end_noted() { return (noted.load(std::memory_order_relaxed) & end_bits) != 0; }

void Signals::handle_noted() {
  for (const int number : ends) {
    if (noted.fetch_and(~bit(number)) & bit(number)) handle_(number);
  }
  for (const int number : others) {
    if (noted.fetch_and(~bit(number)) & bit(number)) handle_(number);
  }
}

}  // namespace gh::run
