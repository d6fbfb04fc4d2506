#include "redis/reply.h"

#include <hiredis/read.h>

#include "base/text.h"

namespace gh::redis {

namespace {

ReplyReader& reader_of(const redisReadTask* task) { return *static_cast<ReplyReader*>(task->privdata); }

Reply::Kind kind_of(int type) {
  if (type == REDIS_REPLY_ERROR) return Reply::Kind::error;
  return type == REDIS_REPLY_STATUS ? Reply::Kind::status : Reply::Kind::text;
}

}  // namespace

/// Null makes hiredis give up: it takes that for want of memory.
struct ReplyReader::Hooks {
  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    Reply* const reply = reader_of(task).place(task);
    if (!reply) return nullptr;
    reply->kind = kind_of(task->type);
    reply->text.assign(bytes, size);
    return reply;
  }
  static void* array(const redisReadTask* task, int size) {
    ReplyReader& reader = reader_of(task);
    Reply* const reply = reader.place(task);
    if (!reply || size < 0 || static_cast<std::size_t>(size) > reader.limits_.most_items) return nullptr;
    reply->kind = Reply::Kind::array;
    reply->items.resize(static_cast<std::size_t>(size));
    return reply;
  }
  static void* integer(const redisReadTask* task, long long value) {
    Reply* const reply = reader_of(task).place(task);
    if (!reply) return nullptr;
    reply->kind = Reply::Kind::integer;
    reply->integer = value;
    return reply;
  }
  static void* nil(const redisReadTask* task) { return reader_of(task).place(task); }
  static void free(void*) {}  // the root is ours
};

ReplyReader::ReplyReader(ReplyLimits limits) : limits_(limits) {
  static redisReplyObjectFunctions hooks = {Hooks::text, Hooks::array, Hooks::integer, Hooks::nil, Hooks::free};
  reader_.reset(redisReaderCreateWithFunctions(&hooks));
  if (!reader_) {
    error_ = "no memory";
    return;
  }
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

/// Where the value that hiredis has read goes: the root, or a place in the array around it. Null: too many.
Reply* ReplyReader::place(const redisReadTask* task) {
  if (++items_ > limits_.most_items) return nullptr;
  if (!task->parent) {
    root_ = std::make_unique<Reply>();
    return root_.get();
  }
  auto* const around = static_cast<Reply*>(task->parent->obj);
  const auto index = static_cast<std::size_t>(task->idx);
  return index < around->items.size() ? &around->items[index] : nullptr;
}

void ReplyReader::feed(std::string_view bytes) {
  if (!error_.empty() || bytes.empty()) return;
  unfinished_ += bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != 0) error_ = "no memory";
}

ReplyReader::Outcome ReplyReader::next(Reply& reply) {
  if (!error_.empty()) return Outcome::broken;
  void* complete = nullptr;
  if (redisReaderGetReply(reader_.get(), &complete) != 0) {
    const bool too_much = reader_->err == REDIS_ERR_OOM;
    error_ = too_much ? "the reply has too many values" : printable(redisReaderGetError(reader_.get()), 100);
    return Outcome::broken;
  }
  if (!complete) {
    if (unfinished_ <= limits_.most_bytes) return Outcome::none;
    error_ = "the reply is too large";
    return Outcome::broken;
  }
  const std::size_t size = unfinished_ - (reader_->len - reader_->pos);
  unfinished_ -= size;
  items_ = 0;
  if (size > limits_.most_bytes) {
    error_ = "the reply is too large";
    return Outcome::broken;
  }
  reply = std::move(*root_);
  root_.reset();
  return Outcome::reply;
}

}  // namespace gh::redis
