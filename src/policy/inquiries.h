// Inquiries: what other servers are asked for many requests at once. A question has a key (a digest of a token); who
// asks while an answer is under way, on whichever worker, waits for it; answers are kept until they end, bounded in
// number and bytes. Findings are immutable and shared. Any thread; each waiting request is told on its own loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/loop.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// What was found out.
struct Finding {
  virtual ~Finding() = default;
  std::string failure;  // why nothing was, for the log; empty: something was
};
using FindingPtr = std::shared_ptr<const Finding>;

class Inquiries {
 public:
  /// Who wants to know. `tell` runs once, on `loop`, unless leave() came first.
  struct Waiter {
    net::Loop* loop = nullptr;
    std::function<void(const FindingPtr&)> tell;
  };
  using WaiterPtr = std::shared_ptr<Waiter>;
  enum class Joined : std::uint8_t { asks, waits, refused };  // asks: the caller must find out, and conclude()

  Inquiries(std::size_t most_kept, std::size_t most_bytes, std::size_t most_asked)
      : most_kept_(most_kept), most_bytes_(most_bytes), most_asked_(most_asked) {}
  Inquiries(const Inquiries&) = delete;
  Inquiries& operator=(const Inquiries&) = delete;

  /// What is known of `key`; null: nothing.
  FindingPtr find(const std::string& key, std::int64_t now_ms);
  /// `refused`: too many questions are under way.
  Joined join(const std::string& key, const WaiterPtr& waiter);
  /// As join(), for who does not wait. False: somebody asks already, or too many do.
  bool begin(const std::string& key);
  void leave(const std::string& key, const WaiterPtr& waiter);
  /// Tells all who wait. Kept until `until_ms` (monotonic; 0: not at all), as `bytes` of memory; a failure only where
  /// nothing else is.
  void conclude(const std::string& key, FindingPtr finding, std::int64_t until_ms, std::size_t bytes);
  /// What is known of `key`, if it is still this.
  void forget(const std::string& key, const void* finding);
  [[nodiscard]] std::size_t kept() const;

 private:
  struct Kept {
    std::string key;
    FindingPtr finding;
    std::int64_t until_ms;
    std::size_t bytes;
  };
  using KeptList = std::list<Kept>;  // used last first
  void keep(Kept entry);
  void drop(KeptList::iterator entry);

  mutable std::mutex lock_;
  KeptList kept_;
  std::unordered_map<std::string, KeptList::iterator> index_;
  std::unordered_map<std::string, std::vector<WaiterPtr>> asked_;
  std::size_t bytes_ = 0;
  const std::size_t most_kept_, most_bytes_, most_asked_;
};

/// The duty of whoever asks. Those who wait are told also when it is let go of without an answer.
class Inquiry {
 public:
  Inquiry(std::shared_ptr<Inquiries> of, std::string key) : of_(std::move(of)), key_(std::move(key)) {}
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;
  ~Inquiry();
  void conclude(FindingPtr finding, std::int64_t until_ms, std::size_t bytes);
  void fail(std::string why, std::int64_t until_ms = 0);

 private:
  const std::shared_ptr<Inquiries> of_;
  const std::string key_;
  bool is_over_ = false;
};

// ---- a request that waits for a finding: it is resumed when it is there, and looks again ----------------------------

/// Begins or joins; false: too many are under way. `ask` is called when the caller must find out, before this returns.
bool wait_for(proxy::Exchange& x, const std::shared_ptr<Inquiries>& inquiries, const std::string& key,
              const std::function<void()>& ask);
enum class Waits : std::uint8_t { no, yes, over };
/// Does the step that runs now wait for this? `over`: no more, and `finding` is there.
Waits look_again(proxy::Exchange& x, const Inquiries& inquiries, const std::string& key, FindingPtr& finding);

}  // namespace gh::policy
