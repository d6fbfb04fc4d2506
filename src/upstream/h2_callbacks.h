// H2Callbacks: what nghttp2 tells an H2Session about frames, noted in its streams. Their users are told at the end of
// the read (but for interim heads), as nothing may be sent and no session may end inside a callback.
#pragma once

struct nghttp2_session_callbacks;

namespace gh::upstream {

class H2Session;

/// Made once, kept for ever.
const nghttp2_session_callbacks* h2_callbacks();

}  // namespace gh::upstream
