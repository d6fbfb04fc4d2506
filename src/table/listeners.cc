// From the servers' `listen` lines to ListenAddresses (who answers there) and ListenSockets (what is opened).
#include <algorithm>
#include <map>
#include <set>

#include "table/listen_lints.h"
#include "table/server_block.h"
#include "table/tls_loader.h"
#include "table/tls_plan.h"

namespace gh::table {
namespace {

using Draft = Builder::ServerDraft;

/// All servers of one address, in file order.
struct Group {
  Listen listen;                       // address and options, merged
  const Listen* options = nullptr;     // where the options were stated
  const Listen* default_at = nullptr;
  const Listen* closed_at = nullptr;   // the first that makes it a socket that is not served
  const Listen* tls_at = nullptr;      // the first that says `ssl`, for all of the address
  std::vector<Draft*> drafts;
  std::size_t fallback = 0;
  bool http2 = false, proxy_protocol = false;  // one `listen` says so for all of them
};

struct Linker {
  Builder& builder;
  std::vector<Group> groups;
  std::map<std::string, std::size_t> by_text;

  void collect(Draft& draft) {
    if (draft.listens.empty()) {
      Listen listen;
      listen.address = default_listen();
      listen.text = listen.address.text();
      listen.where = draft.where;
      draft.listens.push_back(std::move(listen));
    }
    for (Listen& listen : draft.listens) {
      listen.tls = listen.tls || draft.speaks_tls;
      add(draft, listen);
    }
  }

  void add(Draft& draft, const Listen& listen) {
    const std::string key = listen.is_quic() ? "quic " + listen.text : listen.text;
    const auto [it, is_new] = by_text.try_emplace(key, groups.size());
    if (is_new) groups.emplace_back().listen = listen;
    Group& group = groups[it->second];
    if (listen.tls && !group.tls_at) group.tls_at = &listen;
    group.http2 = group.http2 || listen.http2;
    group.proxy_protocol = group.proxy_protocol || listen.proxy_protocol;
    if (!listen.closed_because.empty() && !group.closed_at) group.closed_at = &listen;
    if (listen.has_options) take_options(group, listen);
    if (listen.is_default) {
      if (group.default_at) {
        builder.diagnostics
            .error(code::duplicate_default_server, listen.where, "a second default server for `" + listen.text + "`")
            .with_related(group.default_at->where, "the first is here")
            .with_help("mark one of them only");
      } else {
        group.default_at = &listen;
        group.fallback = group.drafts.size();
      }
    }
    group.drafts.push_back(&draft);
  }

  void take_options(Group& group, const Listen& listen) {
    if (group.options) {
      builder.diagnostics
          .error(code::duplicate_listen, listen.where, "socket parameters for `" + listen.text + "` are stated twice")
          .with_related(group.options->where, "first here")
          .with_help("state backlog, reuseport and their like in one of the servers only");
      return;
    }
    group.options = &listen;
    group.listen = listen;
  }

  void close_sockets() {
    for (Group& group : groups) {
      if (group.closed_at) group.listen.closed_because = group.closed_at->closed_because;
    }
    report_closed();
  }

  /// One warning for all sockets of one kind.
  void report_closed() {
    std::set<std::string_view> told;
    std::map<std::string_view, std::size_t> count;
    for (const Group& group : groups) {
      if (group.closed_at) ++count[group.listen.closed_because];
    }
    for (const Group& group : groups) {
      const std::string_view kind = group.listen.closed_because;
      if (!group.closed_at || !told.insert(kind).second) continue;
      const std::size_t more = count[kind] - 1;
      auto& warning = builder.diagnostics.warning(
          code::not_served_yet, group.closed_at->where,
          std::string(kind) + " is not served yet: the socket `" + group.listen.text + "` stays closed");
      if (more > 0) warning.with_label("like " + std::to_string(more) + (more == 1 ? " other" : " others"));
      warning.with_help("clients speak HTTP/2 or HTTP/1.1 to the TCP sockets (`listen ... ssl`)");
    }
  }

  void warn_of_unused(config::Diagnostics& diagnostics) const {
    ListenLints lints;
    for (const Group& group : groups) {
      const bool is_quic = group.closed_at && group.closed_at->is_quic();
      for (const Draft* draft : group.drafts) {
        lints.add(*draft, {group.tls_at != nullptr || is_quic, group.http2 || is_quic, group.proxy_protocol});
      }
    }
    lints.warn(diagnostics);
  }

  void check_tls(TlsLoader& loader) const {
    for (const Group& group : groups) {
      if (group.tls_at && !group.closed_at) loader.check_listen(group.drafts, group.fallback, group.tls_at->where);
    }
  }

  std::shared_ptr<ListenAddress> make_address(const Group& group) {
    auto out = std::make_shared<ListenAddress>();
    out->address = group.listen.address;
    out->tls = group.tls_at != nullptr;
    out->http2 = group.http2;
    out->proxy_protocol = group.proxy_protocol;
    std::vector<ServerNames::Entry> entries;
    std::vector<std::pair<std::string, config::Span>> places;  // of the entries
    for (std::size_t i = 0; i < group.drafts.size(); ++i) {
      const Draft& draft = *group.drafts[i];
      out->servers.push_back(draft.server);
      const auto& tls_plan = draft.server->tls;
      if (tls_plan) out->early_data_bytes = std::max(out->early_data_bytes, tls_plan->early_data_bytes);
      for (const ServerNameUse& use : draft.names) {
        entries.push_back({use.name, static_cast<std::uint32_t>(i)});
        places.emplace_back(use.word, use.where);
      }
      if (draft.names.empty()) {  // answers requests without Host
        entries.push_back({*parse_server_name(""), static_cast<std::uint32_t>(i)});
        places.emplace_back("", draft.where);
      }
      for (const auto& [regex, slots] : draft.server->regex_slots) out->regex_slots.emplace(regex, slots);
    }
    out->fallback = out->servers[group.fallback];
    std::vector<ServerNames::Duplicate> duplicates;
    out->names = ServerNames::build(entries, &duplicates);
    for (const auto& [first, second] : duplicates) {
      if (entries[first].server == entries[second].server) continue;
      warn_duplicate(group.listen.text, places[first], places[second]);
    }
    return out;
  }

  void warn_duplicate(const std::string& address, const std::pair<std::string, config::Span>& first,
                      const std::pair<std::string, config::Span>& second) {
    const std::string name = second.first.empty() ? "server without a name" : "server name `" + second.first + "`";
    builder.diagnostics
        .warning(code::duplicate_server_name, second.second, "a second " + name + " on `" + address + "` is ignored")
        .with_related(first.second, "the first one answers")
        .with_help("remove it, or give this server another name or address");
  }

  /// The wildcard whose socket also takes connections to `group`'s address, or groups.size().
  [[nodiscard]] std::size_t cover_of(const Group& group) const {
    const Address& address = group.listen.address;
    if (address.is_unix() || address.is_wildcard() || address.port() == 0 || group.options || group.closed_at) {
      return groups.size();
    }
    const auto covers = [&](const Group& other) {
      const Address& a = other.listen.address;
      return !other.closed_at && a.is_wildcard() && a.family() == address.family() && a.port() == address.port();
    };
    return static_cast<std::size_t>(std::find_if(groups.begin(), groups.end(), covers) - groups.begin());
  }

  static ListenSocket make_socket(const Listen& listen, std::uint32_t address) {
    ListenSocket socket;
    socket.address = listen.address;
    socket.backlog = listen.backlog;
    socket.reuseport = listen.reuseport;
    socket.ipv6only = listen.ipv6only.value_or(true);
    socket.deferred = listen.deferred;
    socket.so_keepalive = listen.so_keepalive;
    socket.rcvbuf = listen.rcvbuf;
    socket.sndbuf = listen.sndbuf;
    socket.addresses = {address};
    socket.closed_because = listen.closed_because;
    socket.where = listen.where;
    return socket;
  }

  void make_sockets() {
    std::vector<std::size_t> socket_of(groups.size(), groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (cover_of(groups[i]) != groups.size()) continue;
      auto& sockets = groups[i].closed_at ? builder.table->closed_sockets : builder.table->sockets;
      socket_of[i] = sockets.size();
      sockets.push_back(make_socket(groups[i].listen, static_cast<std::uint32_t>(i)));
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::size_t cover = cover_of(groups[i]);
      if (cover == groups.size()) continue;
      ListenSocket& socket = builder.table->sockets[socket_of[cover]];
      socket.addresses.push_back(static_cast<std::uint32_t>(i));
      socket.wildcard_covers = true;
    }
    for (ListenSocket& socket : builder.table->sockets) {
      for (const std::uint32_t i : socket.addresses) {
        socket.only_http1 = socket.only_http1 && builder.table->addresses[i]->only_http1();
      }
    }
  }
};

}  // namespace

void Builder::link_listeners() {
  Linker linker{*this, {}, {}};
  for (const auto& draft : servers) linker.collect(*draft);
  linker.close_sockets();
  if (tls) linker.check_tls(*tls);
  linker.warn_of_unused(diagnostics);
  for (const Group& group : linker.groups) table->addresses.push_back(linker.make_address(group));
  linker.make_sockets();
}

}  // namespace gh::table
