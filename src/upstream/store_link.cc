#include "upstream/store_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "table/plan.h"
#include "table/tls_client_plan.h"

namespace gh::upstream {

namespace {

constexpr std::size_t most_unsent_bytes = 4 * 1024 * 1024;
constexpr std::size_t most_addresses = 8;

std::string_view without(table::OnStoreError on_error) {
  switch (on_error) {
    case table::OnStoreError::local: return "each node does without it (on_error local)";
    case table::OnStoreError::allow: return "requests pass without it (on_error allow)";
    default: return "requests are refused without it (on_error deny)";
  }
}

}  // namespace

StoreLink::StoreLink(net::Loop& loop, const table::StorePlan& plan, const redis::StoreNode& node, Log log)
    : loop_(loop), plan_(plan), node_(node), log_(log), conversation_(plan.most_pending) {}

StoreLink::~StoreLink() { end(); }

void StoreLink::end() {
  if (std::exchange(ending_, true)) return;
  if (resolver_ && lookup_ != 0) resolver_->cancel(lookup_);
  if (stage_ == Stage::open && !out_.empty()) static_cast<void>(stream_.write(out_));
  if (down_) plan_.health->came_back();
  down_ = true;
  conversation_.fail_all("its worker ends");
  drop_late_ones(std::numeric_limits<std::int64_t>::max());
}

std::string StoreLink::place() const {
  return plan_.url.unix_socket ? "unix:" + node_.host : fmt::format("{}:{}", node_.host, node_.port);
}

std::int64_t StoreLink::retry_ms() const {
  if (!down_) return 0;
  if (!stage_clock_.is_set()) return 1;
  return std::max<std::int64_t>(stage_clock_.deadline_ms() - loop_.clock().now_ms(), 1);
}

// ---- calls ---------------------------------------------------------------------------------------------------------

bool StoreLink::send(redis::Call& call, bool asking) {
  plan_.health->calls.fetch_add(1, std::memory_order_relaxed);
  if (!down_ && say(call, asking)) return true;
  plan_.health->failures.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool StoreLink::send_later(redis::Call& call, std::int64_t most_ms, std::string_view name) {
  if (!down_ && say(call)) return true;
  if (ending_ || later_.size() >= plan_.most_pending) return false;
  later_.push_back({&call, loop_.clock().now_ms() + most_ms, std::string(name)});
  if (!name.empty()) named_.insert_or_assign(later_.back().name, &call);
  return true;
}

redis::Call* StoreLink::waiting_as(std::string_view name) const {
  const auto found = named_.find(std::string(name));
  return found == named_.end() ? nullptr : found->second;
}

bool StoreLink::say(redis::Call& call, bool asking) {
  const std::int64_t deadline_ms = loop_.clock().now_ms() + plan_.timeout_ms;
  const bool has_room = out_.size() + (stream_.is_open() ? stream_.queued_bytes() : 0) <= most_unsent_bytes;
  if (!has_room || !conversation_.send(call, deadline_ms, out_, asking)) return false;
  if (!call_clock_.is_set()) watch_deadline();
  if (stage_ == Stage::idle || !out_.empty()) loop_.defer(*this);
  return true;
}

void StoreLink::send_late_ones() {
  std::vector<Later> due;
  due.swap(later_);
  for (Later& each : due) {
    if (say(*each.call)) named_.erase(each.name);
    else later_.push_back(std::move(each));
  }
}

void StoreLink::drop_late_ones(std::int64_t until_ms) {
  std::vector<Later> old;
  const auto is_old = [&](const Later& each) { return each.until_ms <= until_ms; };
  std::copy_if(later_.begin(), later_.end(), std::back_inserter(old), is_old);
  std::erase_if(later_, is_old);
  for (const Later& each : old) named_.erase(each.name);
  for (const Later& each : old) each.call->on_failure("the store is not to be had");
}

/// All calls of a turn leave together; the first one of all makes the connection.
void StoreLink::run_deferred() {
  if (stage_ == Stage::idle) return start();
  if (stage_ == Stage::open) write_out();
}

void StoreLink::write_out() {
  if (out_.empty()) return;
  const int failed = stream_.write(out_);
  out_.clear();
  if (failed != 0) on_broken(failed);
}

void StoreLink::watch_deadline() {
  if (conversation_.pending() == 0) return loop_.timers().clear(call_clock_);
  const std::int64_t left_ms = conversation_.first_deadline() - loop_.clock().now_ms();
  loop_.timers().set(call_clock_, std::max<std::int64_t>(left_ms, 0));
}

void StoreLink::call_over() {
  if (conversation_.pending() == 0) return;
  if (conversation_.first_deadline() > loop_.clock().now_ms()) return watch_deadline();
  give_up(fmt::format("no reply from {} within {} ms", place(), plan_.timeout_ms));
}

// ---- the way there -------------------------------------------------------------------------------------------------

void StoreLink::start() {
  loop_.timers().set(stage_clock_, plan_.connect_timeout_ms);
  stage_ = Stage::resolving;
  const auto literal = plan_.url.unix_socket ? Address::unix_path(node_.host)
                                              : Address::parse_ip(node_.host, node_.port);
  if (literal) {
    net::Resolver::Answer answer;
    answer.addresses.push_back(*literal);
    return resolved(std::move(answer));
  }
  if (!resolver_) {
    net::ResolverOptions options;
    if (const table::ResolverSettings* const stated = plan_.resolver.get()) {
      options.servers = stated->servers;
      options.valid_ms = stated->valid_ms;
      options.ipv4 = stated->ipv4;
      options.ipv6 = stated->ipv6;
      options.hosts_file = stated->servers.empty();
    }
    options.timeout_ms = plan_.connect_timeout_ms;
    resolver_ = std::make_unique<net::Resolver>(loop_, std::move(options));
  }
  lookup_ = resolver_->resolve(node_.host, [this](Result<net::Resolver::Answer> answer) {
    lookup_ = 0;
    resolved(std::move(answer));
  });
}

void StoreLink::resolved(Result<net::Resolver::Answer> answer) {
  if (stage_ != Stage::resolving) return;
  if (!answer) return give_up(fmt::format("\"{}\" cannot be resolved: {}", node_.host, answer.error().text));
  addresses_ = std::move(answer->addresses);
  if (addresses_.size() > most_addresses) addresses_.resize(most_addresses);
  if (!plan_.url.unix_socket) {
    for (Address& address : addresses_) address.set_port(node_.port);
  }
  failure_ = fmt::format("\"{}\" has no address", node_.host);
  next_address_ = 0;
  stage_ = Stage::connecting;
  connect_next();
}

void StoreLink::connect_next() {
  while (next_address_ < addresses_.size()) {
    const Address& to = addresses_[next_address_++];
    const int error = stream_.connect(loop_, *this, to, nullptr);
    if (error != 0) {
      failure_ = fmt::format("cannot connect to {}: {}", to.text(), uv_strerror(error));
      continue;
    }
    if (!plan_.tls || start_tls(to)) return;
    stream_.close();
  }
  give_up(failure_);
}

bool StoreLink::start_tls(const Address& to) {
  const TlsUse use{plan_.tls.get(), plan_.tls_name.empty() ? std::string_view(node_.host) : plan_.tls_name, {}, {}};
  tls_peer_ = tls_.open(use, false, to.text(), loop_.clock().now_ms());
  if (!tls_peer_) {
    failure_ = fmt::format("no TLS to {}: {}", to.text(), tls_.error());
    return false;
  }
  if (const int error = stream_.start_tls(tls_peer_->take_session()); error != 0) {
    failure_ = fmt::format("no TLS to {}: {}", to.text(), uv_strerror(error));
    return false;
  }
  return true;
}

void StoreLink::on_connected(int error) {
  if (stage_ != Stage::connecting) return;
  if (error != 0) {
    failure_ = fmt::format("cannot connect to {}: {}", addresses_[next_address_ - 1].text(), uv_strerror(error));
    stream_.close();
    return connect_next();
  }
  stream_.set_no_delay();
  stream_.set_keep_alive(true);
  stream_.start_reading();
  if (!plan_.tls) greet();
}

void StoreLink::on_secured(int error) {
  if (stage_ != Stage::connecting) return;
  const std::string failure = tls_peer_->failure(error, stream_.tls(), stream_.tls_error());
  if (failure.empty()) return greet();
  failure_ = fmt::format("no TLS to {}: {}", addresses_[next_address_ - 1].text(), failure);
  stream_.close();
  connect_next();
}

void StoreLink::greet() {
  stage_ = Stage::greeting;
  redis::Login login;
  login.username = plan_.username;
  if (plan_.password) login.password = plan_.password->view();
  login.database = plan_.url.database;
  out_.clear();
  conversation_.greet(login, out_);
  write_out();
}

void StoreLink::opened() {
  stage_ = Stage::open;
  loop_.timers().clear(stage_clock_);
  plan_.health->connects.fetch_add(1, std::memory_order_relaxed);
  send_late_ones();
  if (!std::exchange(down_, false)) return;
  plan_.health->set_partial_until(loop_.clock().now_ms() + 2 * plan_.timeout_ms);
  if (plan_.health->came_back()) log_(LogLevel::notice, fmt::format("store \"{}\" is back", plan_.name));
}

void StoreLink::stage_over() {
  if (stage_ == Stage::resting) {
    drop_late_ones(loop_.clock().now_ms());
    return start();
  }
  if (stage_ == Stage::connecting && next_address_ < addresses_.size()) {
    failure_ = fmt::format("cannot connect to {}: it does not answer", addresses_[next_address_ - 1].text());
    stream_.close();
    loop_.timers().set(stage_clock_, plan_.connect_timeout_ms);
    return connect_next();
  }
  give_up(fmt::format("{} does not answer within {} ms", place(), plan_.connect_timeout_ms));
}

// ---- the connection ------------------------------------------------------------------------------------------------

void StoreLink::on_read(std::string_view bytes) {
  if (stage_ != Stage::greeting && stage_ != Stage::open) return;
  const std::uint64_t good = conversation_.good_replies(), errors = conversation_.error_replies();
  const Result<void> fed = conversation_.feed(bytes, out_);
  note_replies(conversation_.good_replies() - good, conversation_.error_replies() - errors);
  if (!fed) return give_up(fmt::format("{}: {}", place(), fed.error().text));
  if (stage_ == Stage::greeting && conversation_.is_open()) opened();
  else if (!later_.empty()) send_late_ones();
  if (!out_.empty()) loop_.defer(*this);
  watch_deadline();
}

/// Errors (LOADING, READONLY ...) are the server's, the connection is well: each costs its call, and is not waited for.
void StoreLink::note_replies(std::uint64_t good, std::uint64_t errors) {
  state::StoreHealth& health = *plan_.health;
  if (good > 0) rest_ms_ = 0;  // a greeting alone proves little
  if (errors > 0) health.failures.fetch_add(errors, std::memory_order_relaxed);
  if (errors > 0 && good == 0) {
    if (health.is_troubled() || !health.set_troubled(true)) return;
    const bool is_node = !router_ && conversation_.last_error().starts_with("MOVED ");
    log_(LogLevel::error, fmt::format("store \"{}\" answers with errors: {}{}: {}", plan_.name,
                                      conversation_.last_error(), is_node ? " (of a cluster: redis+cluster://)" : "",
                                      without(plan_.on_error)));
  } else if (good > 0 && errors == 0 && health.is_troubled() && health.set_troubled(false)) {
    log_(LogLevel::notice, fmt::format("store \"{}\" answers rightly again", plan_.name));
  }
}

void StoreLink::on_eof() {
  if (stage_ == Stage::open && conversation_.pending() == 0) {  // servers close what was idle for long
    close();
    stage_ = Stage::idle;
    return;
  }
  give_up(fmt::format("{} has closed the connection", place()));
}

void StoreLink::on_broken(int error) {
  give_up(fmt::format("the connection to {} broke: {}", place(), uv_strerror(error)));
}

// ---- failures ------------------------------------------------------------------------------------------------------

void StoreLink::close() {
  stream_.close();
  tls_peer_.reset();
  out_.clear();
  loop_.timers().clear(stage_clock_);
  loop_.timers().clear(call_clock_);
  if (lookup_ != 0) resolver_->cancel(std::exchange(lookup_, 0));
}

void StoreLink::give_up(std::string why) {
  close();
  stage_ = Stage::resting;
  plan_.health->failures.fetch_add(conversation_.pending(), std::memory_order_relaxed);
  rest_ms_ = rest_ms_ == 0 ? plan_.reconnect_ms : std::min(rest_ms_ * 2, plan_.reconnect_most_ms);
  loop_.timers().set(stage_clock_, rest_ms_);
  if (!std::exchange(down_, true) && plan_.health->went_down()) {
    log_(LogLevel::error, fmt::format("store \"{}\" is down: {}: {}", plan_.name, why, without(plan_.on_error)));
  }
  conversation_.fail_all(why);
}

}  // namespace gh::upstream
