// Jobs: what a worker does for more than the one request that it began with (a token that many wait for). They are
// owned here, so that they outlive that request, and end with the worker at the latest. Loop thread.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

namespace gh::upstream {

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;
};

class Jobs {
 public:
  void add(std::unique_ptr<Job> job) {
    Job* const key = job.get();
    jobs_.emplace(key, std::move(job));
  }
  /// Destroys it: the last thing that it does.
  void end(Job& job) {
    const auto at = jobs_.find(&job);
    if (at == jobs_.end()) return;
    const std::unique_ptr<Job> last = std::move(at->second);
    jobs_.erase(at);
  }
  void clear() {
    while (!jobs_.empty()) end(*jobs_.begin()->first);
  }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }

 private:
  std::unordered_map<Job*, std::unique_ptr<Job>> jobs_;
};

}  // namespace gh::upstream
