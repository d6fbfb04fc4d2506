#include "net/work.h"

namespace gh::net {

void Work::start(Loop& loop, std::unique_ptr<Work> work) {
  Work* const raw = work.release();
  raw->loop_ = &loop;
  raw->request_.data = raw;
  const int error = uv_queue_work(
      loop.uv(), &raw->request_, [](uv_work_t* request) { static_cast<Work*>(request->data)->run(); },
      [](uv_work_t* request, int) {
        const std::unique_ptr<Work> finished(static_cast<Work*>(request->data));
        finished->loop_->woke();
        finished->done();
      });
  if (error == 0) return;
  const std::unique_ptr<Work> here(raw);  // no thread to be had: done on the spot
  here->run();
  here->done();
}

}  // namespace gh::net
