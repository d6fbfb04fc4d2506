// H2Engine: what the HTTP/2 connections of one worker share: how sessions are made, recycled streams, buffers for what
// is to be written. One worker's thread.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <vector>

#include "proxy/output.h"

namespace gh::proxy {

class H2Connection;
class H2Stream;
class Worker;

class H2Engine {
 public:
  H2Engine();
  ~H2Engine();
  H2Engine(const H2Engine&) = delete;
  H2Engine& operator=(const H2Engine&) = delete;
  static H2Engine& of(Worker& worker);

  /// Null: no memory.
  nghttp2_session* make_session(H2Connection& connection);
  H2Stream* take_stream();
  void give_back(H2Stream* stream);
  std::unique_ptr<Output> take_buffer();
  void give_back(std::unique_ptr<Output> buffer);

 private:
  // Each session has a buffer of 16 KiB for the frame that it is making. What it has made is copied before anybody else
  // makes one, so that all sessions share one buffer, and an idle connection holds none.
  static void* allocate(std::size_t bytes, void* engine);
  static void* allocate_zeroed(std::size_t count, std::size_t bytes, void* engine);
  static void* reallocate(void* old, std::size_t bytes, void* engine);
  static void release(void* old, void* engine);

  std::unique_ptr<char[]> frame_;
  bool frame_is_due_ = false;         // a session is being made that has not asked for its buffer yet
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* options_ = nullptr;
  std::vector<H2Stream*> spare_streams_;
  std::vector<std::unique_ptr<Output>> spare_buffers_;
};

}  // namespace gh::proxy
