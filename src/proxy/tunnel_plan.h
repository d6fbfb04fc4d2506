// What a tunnel needs of the exchange that it grew out of, whose memory and pinned table are gone: a few times, the
// lines it leaves in logs when it ends, and what has to be given back then. Worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "proxy/tunnel_context.h"
#include "state/peers.h"

namespace gh::proxy {

class Worker;

/// What only a tunnel's end decides. Bytes count from the exchange's beginning.
struct TunnelFigures {
  std::uint64_t bytes_sent = 0, body_bytes_sent = 0;            // to the client
  std::uint64_t peer_bytes_sent = 0, peer_bytes_received = 0;   // of the last try
  std::int64_t request_ms = 0, response_ms = 0, connection_ms = 0;
  std::string_view request_line;                                // as it was when the lines were frozen
};

/// A line of a log, written when the tunnel ends. Holds nothing of the exchange.
class LateLine {
 public:
  virtual ~LateLine() = default;
  virtual void write(Worker& worker, const TunnelFigures& figures) const = 0;
};

/// Something of an exchange that lasts as long as its tunnel (see AtEnd::keep): a count in a zone.
class Kept {
 public:
  virtual ~Kept() = default;
  virtual void end(Worker& worker) = 0;
};

/// A peer that a pick has counted as in use; see upstream::done().
struct PeerUse {
  std::shared_ptr<state::PeerGroup> group;
  state::Peer* peer = nullptr;
  bool has_queue = false;
};

struct TunnelPlan {
  std::int64_t read_timeout_ms = 60000;         // proxy_read_timeout: nothing from either side
  std::int64_t peer_send_timeout_ms = 60000;    // proxy_send_timeout
  std::int64_t client_send_timeout_ms = 60000;  // send_timeout
  std::int64_t lingering_time_ms = 0, lingering_timeout_ms = 0;   // 0: the client's connection is closed at once
  std::int64_t started_us = 0;                  // of the exchange; loop clock
  std::int64_t attempt_ms = 0;                  // of the last try; loop clock
  std::int64_t connected_ms = 0;                // of the client; loop clock
  std::size_t most_queued_bytes = 0;            // for one side: above it the other is not read
  TunnelFigures before;                         // what there was when the tunnel began
  std::uint64_t generation = 0;                 // of the table that it grew out of
  std::uint64_t serial = 0;                     // $connection
  PeerUse peer_use;
  std::vector<std::unique_ptr<LateLine>> lines;
  std::vector<std::unique_ptr<Kept>> kept;
  std::shared_ptr<const ErrorLog> error_log;    // null: nothing that can happen is wanted there
  TunnelContext context;                        // who asked for what
};

}  // namespace gh::proxy
