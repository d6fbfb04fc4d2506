#include "net/work.h"

#include "base/privileges.h"

namespace gh::net {

void Work::start(Loop& loop, std::unique_ptr<Work> work) {
  Work* const raw = work.release();
  raw->loop_ = &loop;
  raw->request_.data = raw;
  const int error = uv_queue_work(
      loop.uv(), &raw->request_,
      [](uv_work_t* request) {
        thread_local const bool is_unprivileged = (give_up_rights(), true);
        static_cast<void>(is_unprivileged);
        static_cast<Work*>(request->data)->run();
      },
      [](uv_work_t* request, int status) {
        const std::unique_ptr<Work> finished(static_cast<Work*>(request->data));
        finished->loop_->woke();
        if (status != UV_ECANCELED) finished->done();
      });
  if (error == 0) return;
  const std::unique_ptr<Work> here(raw);  // no thread to be had: done on the spot
  here->run();
  here->done();
}

void Work::cancel() {
  uv_cancel(reinterpret_cast<uv_req_t*>(&request_));  // refused when a thread has it: it ends by itself then
}

}  // namespace gh::net
