#include "http/h2_heads.h"

#include <algorithm>
#include <cstring>

namespace gh::http {

namespace {

constexpr std::size_t head_bytes = 9;
constexpr std::uint8_t type_headers = 1, type_push_promise = 5, type_continuation = 9;
constexpr std::uint8_t flag_end_stream = 1, flag_end_headers = 4, flag_padded = 8, flag_priority = 32;
constexpr std::size_t priority_bytes = 5;
constexpr std::size_t most_kept_bytes = 16 * 1024;   // of memory between two blocks

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

H2HeadReader::Step H2HeadReader::fail(const char* reason) {
  reason_ = reason;
  return {State::bad, {}, 0, false, reason};
}

/// False: there is no whole frame head yet.
bool H2HeadReader::read_frame_head(std::string_view& in, std::string_view& head) {
  const std::size_t take = std::min(in.size(), head_bytes - held_);
  if (held_ == 0 && take == head_bytes) {
    head = in.substr(0, head_bytes);
  } else {
    std::memcpy(held_head_ + held_, in.data(), take);
    held_ = static_cast<std::uint8_t>(held_ + take);
    head = {held_head_, held_};
  }
  in.remove_prefix(take);
  if (head.size() < head_bytes) return false;
  held_ = 0;
  return true;
}

const char* H2HeadReader::begin_frame(std::string_view head) {
  left_ = number(head.substr(0, 3));
  type_ = static_cast<std::uint8_t>(head[3]);
  flags_ = static_cast<std::uint8_t>(head[4]);
  id_ = number(head.substr(5, 4)) & 0x7fffffffU;
  if (left_ > frame_bytes) return "frame is too large";
  const bool continues = type_ == type_continuation;
  if (in_block_ != continues || (in_block_ && id_ != block_id_)) {
    return in_block_ ? "frame inside a header block" : "CONTINUATION without HEADERS";
  }
  if (type_ == type_push_promise) return "PUSH_PROMISE, though push is off";
  if (type_ != type_headers && !continues) {
    stage_ = Stage::pass;
    return nullptr;
  }
  if (id_ == 0) return "HEADERS of stream 0";
  stage_ = Stage::block;
  if (!continues) {
    if (block_.capacity() > most_kept_bytes) block_ = {};
    block_.clear();
    frames_ = 0;
    block_id_ = id_;
    ends_ = (flags_ & flag_end_stream) != 0;
  } else if (++frames_ > most_frames_) {
    return "too many CONTINUATION frames";
  }
  in_block_ = true;
  frame_at_ = block_.size();
  return block_.size() + left_ > most_bytes_ ? "header block is too large" : nullptr;
}

/// A frame of a block is complete: its padding and priority go.
const char* H2HeadReader::end_frame() {
  stage_ = Stage::frame;
  if (type_ != type_headers) return nullptr;
  const bool padded = (flags_ & flag_padded) != 0;
  const std::size_t front = (padded ? 1 : 0) + ((flags_ & flag_priority) != 0 ? priority_bytes : 0);
  const std::size_t size = block_.size() - frame_at_;
  const std::size_t padding = padded && size > 0 ? static_cast<unsigned char>(block_[frame_at_]) : 0;
  if (front + padding > size) return "padding is longer than its frame";
  block_.erase(block_.size() - padding);
  block_.erase(frame_at_, front);
  return nullptr;
}

H2HeadReader::Step H2HeadReader::next(std::string_view& in) {
  if (reason_) return fail(reason_);
  while (true) {
    if (stage_ == Stage::frame) {
      if (in.empty()) return {State::more, {}};
      const char* const from = in.data();
      std::string_view head;
      if (!read_frame_head(in, head)) return {State::more, {}};
      if (const char* fault = begin_frame(head)) return fail(fault);
      if (stage_ == Stage::pass) {
        if (head.data() != from) return {State::pass, head};
        const std::size_t size = std::min<std::size_t>(left_, in.size());  // head and payload in one piece
        in.remove_prefix(size);
        left_ -= static_cast<std::uint32_t>(size);
        if (left_ == 0) stage_ = Stage::frame;
        return {State::pass, {from, head_bytes + size}};
      }
    }
    const std::string_view piece = in.substr(0, std::min<std::size_t>(left_, in.size()));
    in.remove_prefix(piece.size());
    left_ -= static_cast<std::uint32_t>(piece.size());
    if (stage_ == Stage::pass) {
      if (left_ == 0) stage_ = Stage::frame;
      if (!piece.empty()) return {State::pass, piece};
      if (left_ != 0) return {State::more, {}};
      continue;
    }
    block_.append(piece);
    if (left_ != 0) return {State::more, {}};
    if (const char* fault = end_frame()) return fail(fault);
    if ((flags_ & flag_end_headers) == 0) continue;
    in_block_ = false;
    return {State::head, block_, block_id_, ends_};
  }
}

void H2HeadReader::write_stand_in(const Step& head, char (&to)[stand_in_bytes]) {
  constexpr char size_update = 0x20, status_200 = static_cast<char>(0x88);
  const auto flags = static_cast<char>(flag_end_headers | (head.ends ? flag_end_stream : 0));
  const char made[stand_in_bytes] = {0, 0, 2, static_cast<char>(type_headers), flags,
                                     static_cast<char>(head.id >> 24), static_cast<char>(head.id >> 16),
                                     static_cast<char>(head.id >> 8), static_cast<char>(head.id),
                                     size_update, status_200};
  std::memcpy(to, made, stand_in_bytes);
}

}  // namespace gh::http
