#include "run/worker_thread.h"

#include <fmt/format.h>
#include <pthread.h>

#include "base/privileges.h"

namespace gh::run {

WorkerThread::WorkerThread(unsigned index, proxy::Counters& counters, const proxy::ProcessCounters& all)
    : index_(index), worker_(std::make_unique<proxy::Worker>(index, counters, all)) {}

WorkerThread::~WorkerThread() { join(); }

void WorkerThread::start(std::shared_ptr<std::latch> ended) {
  thread_ = std::thread([this, ended = std::move(ended)] {
    pthread_setname_np(pthread_self(), fmt::format("worker {}", index_).c_str());
    give_up_rights();
    worker_->loop.run();
    listeners_.clear();
    ended->arrive_and_wait();
    worker_.reset();  // here, because its connections belong to this thread
  });
}

void WorkerThread::join() {
  if (thread_.joinable()) thread_.join();
}

void WorkerThread::publish(std::shared_ptr<const table::Table> table, std::function<void()> done) {
  worker_->loop.post([this, table = std::move(table), done = std::move(done)]() mutable {
    worker_->publish(std::move(table));
    done();
  });
}

void WorkerThread::listen(const Address& address, int fd, int backlog, std::vector<WorkerThread*> others) {
  worker_->loop.post([this, address, fd, backlog, others = std::move(others)] {
    proxy::ListenPoint& point = worker_->listen_point(address);
    if (fd < 0) return;  // only worker 0 watches a unix socket; this one gets descriptors by mail
    listeners_[address.text()] = std::make_unique<net::Listener>(
        worker_->loop, fd, address.is_unix(), backlog,
        [this, address, &point, others](uv_stream_t* listening) { accepted(address, point, listening, others); });
  });
}

void WorkerThread::accepted(const Address& address, proxy::ListenPoint& point, uv_stream_t* listening,
                            const std::vector<WorkerThread*>& others) {
  const std::size_t turn = others.empty() ? 0 : next_++ % (others.size() + 1);
  if (turn == 0) return worker_->accept(point, listening);
  const int fd = static_cast<net::Listener::Waiting*>(listening->data)->take();
  WorkerThread* other = others[turn - 1];
  other->worker_->loop.post(
      [other, address, fd] { other->worker_->accept(other->worker_->listen_point(address), fd); });
}

void WorkerThread::stop_listening(const Address& address) {
  worker_->loop.post([this, text = address.text()] { listeners_.erase(text); });
}

void WorkerThread::drain(std::function<void()> done) {
  worker_->loop.post([this, done = std::move(done)] {
    listeners_.clear();
    worker_->drain(done);
  });
}

void WorkerThread::flush_logs(std::function<void()> done) {
  worker_->loop.post([this, done = std::move(done)] {
    worker_->flush_logs();
    done();
  });
}

void WorkerThread::stop() {
  worker_->loop.post([this] {
    listeners_.clear();
    worker_->close_all();
    worker_->loop.stop();
  });
}

}  // namespace gh::run
