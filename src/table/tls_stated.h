// TlsStated: what a server's TLS was made from, by the blocks it comes from; kept, so that no other group gets one of
// these places, and by TlsWatch, so that it can be made again.
#pragma once

#include <compare>
#include <memory>

#include "table/tls_plan.h"

namespace gh::table {

struct TlsStated {
  std::shared_ptr<const TlsSettings> settings;
  std::shared_ptr<const TlsCertificates> certificates;
  std::shared_ptr<const TlsKeys> keys;
  std::shared_ptr<const TlsCommands> commands;
  std::shared_ptr<const TlsTicketFiles> ticket_files;
  friend auto operator<=>(const TlsStated&, const TlsStated&) = default;
};

}  // namespace gh::table
