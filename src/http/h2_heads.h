// H2HeadReader: takes the header blocks out of what an HTTP/2 peer sends. All other frames go on to the library as they
// came; of a block it gets an empty stand-in, so that it follows the streams' states, and the fields are ours
// (http/hpack.h). Pure and resumable; what it keeps of an unfinished block is bounded. RFC 9113 4, 6.2, 6.10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gh::http {

class H2HeadReader {
 public:
  enum class State : std::uint8_t {
    more,   // everything given was used up
    pass,   // `bytes` go on to the library
    head,   // a block is complete: `bytes`, valid until the next call; `id`, `ends`
    bad     // malformed, for good; `reason` says why
  };
  struct Step {
    State state;
    std::string_view bytes;
    std::uint32_t id = 0;
    bool ends = false;                // END_STREAM
    const char* reason = nullptr;
  };
  static constexpr std::size_t frame_bytes = 16384;       // SETTINGS_MAX_FRAME_SIZE that we never raise
  static constexpr std::size_t stand_in_bytes = 11;

  /// `most_bytes`: of a block as it comes, and `most_frames` of CONTINUATION frames in it.
  H2HeadReader(std::size_t most_bytes, std::size_t most_frames) : most_bytes_(most_bytes), most_frames_(most_frames) {}
  /// Takes what it uses off `in`.
  Step next(std::string_view& in);
  /// The frame that the library gets for a block.
  static void write_stand_in(const Step& head, char (&to)[stand_in_bytes]);

 private:
  enum class Stage : std::uint8_t { frame, pass, block };
  bool read_frame_head(std::string_view& in, std::string_view& head);
  const char* begin_frame(std::string_view head);
  const char* end_frame();
  Step fail(const char* reason);

  std::size_t most_bytes_, most_frames_;
  Stage stage_ = Stage::frame;
  std::uint8_t type_ = 0, flags_ = 0;
  std::uint8_t held_ = 0;             // of held_head_
  char held_head_[9] = {};            // of a frame that came in two reads
  std::uint32_t id_ = 0, block_id_ = 0;
  std::uint32_t left_ = 0;            // of the frame's payload
  std::size_t frame_at_ = 0;          // in block_: where the frame's payload begins
  std::size_t frames_ = 0;
  bool in_block_ = false, ends_ = false;
  std::string block_;
  const char* reason_ = nullptr;
};

}  // namespace gh::http
