// consumer: a caller with its keys, plan and groups.
#include "policy/consumers.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "policy/usage_plan.h"
#include "policy/policy.h"
#include "table/codes.h"
#include "table/secret_value.h"

namespace gh::policy {

using proxy::Consumer;

const Consumer* Consumers::by_key(std::string_view key) const {
  const auto found = keys_.find(digest(DigestKind::sha256, {key}));
  return found == keys_.end() ? nullptr : found->second;
}

Consumer& Consumers::add(std::string_view name) {
  Consumer& consumer = all_.emplace_back();
  consumer.name = name;
  return consumer;
}

Consumer* Consumers::add_key(const std::string& sha256, Consumer& consumer) {
  const auto [it, is_new] = keys_.try_emplace(sha256, &consumer);
  return is_new ? nullptr : it->second;
}

namespace {

/// Local to the outermost scope.
struct Registered {
  std::shared_ptr<Consumers> consumers = std::make_shared<Consumers>();
  std::map<std::string, config::Span, std::less<>> where;  // by name
};
struct Draft { Consumer* consumer = nullptr; };  // local to a block

Registered& registered(table::Scope& scope) { return table::outermost(scope).local<Registered>(); }
Consumer& consumer_of(table::Scope& scope) { return *scope.local<Draft>().consumer; }

constexpr std::string_view digest_scheme = "sha256:";

/// 32 bytes of 64 digits; empty when it is none.
std::string from_hex(std::string_view text) {
  if (text.size() != 64) return {};
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

/// The digest that is stated; empty after a diagnostic. Nothing of a key is told.
std::string stated_digest(table::Scope& scope, const config::Value& value) {
  std::string bytes = from_hex(value.text.substr(digest_scheme.size()));
  if (bytes.empty()) {
    scope.error(table::code::bad_choice, value.span, "`sha256:` is followed by 64 hexadecimal digits")
        .with_help("printf %s \"$KEY\" | sha256sum");
  }
  return bytes;
}

std::string key_digest(table::Scope& scope, const config::Value& value) {
  if (value.text.starts_with(digest_scheme)) return stated_digest(scope, value);
  for (const std::string_view scheme : {"env:", "file:", "vault:"}) {
    if (!value.text.starts_with(scheme)) continue;
    const auto secret = table::read_secret(scope, value);
    return secret ? digest(DigestKind::sha256, {secret->view()}) : std::string();
  }
  if (value.text.empty()) {
    scope.error(table::code::empty_value, value.span, "an empty key would let everybody pass")
        .with_help("write `key sha256:HEX;`: printf %s \"$KEY\" | sha256sum");
    return {};
  }
  scope.warning(table::code::plain_secret_text, value.span, "a key stands in the configuration as it is")
      .with_help("whoever reads the file can use it: write `key sha256:HEX;` (printf %s \"$KEY\" | sha256sum), "
                 "or `key env:NAME;`");
  return digest(DigestKind::sha256, {value.text});
}

/// What two consumers have cannot tell them apart.
void refuse_shared(table::Scope& scope, const config::Value& value, std::string_view what, const Consumer* other) {
  if (!other) return;
  const bool same = other == &consumer_of(scope);
  scope.error(table::code::duplicate_name, value.span,
              same ? fmt::format("this {} is given twice", what)
                   : fmt::format("this {} is that of consumer `{}`, too", what, printable(other->name, 60)))
      .with_help("each belongs to one consumer");
}

bool is_name(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == ',' || c == '"' || c == '\\') return false;
  }
  return !text.empty();
}

/// They go into fields and lists; false: said why.
bool check_name(table::Scope& scope, const config::Value& value, std::string_view what) {
  if (is_name(value.text)) return true;
  scope
      .error(table::code::bad_choice, value.span,
             fmt::format("`{}` is no name of a {}", printable(value.text, 60), what))
      .with_help("printable ASCII without blanks, commas, quotes and backslashes");
  return false;
}

}  // namespace

std::shared_ptr<Consumers> consumers_of(table::Scope& scope) { return registered(scope).consumers; }

void apply_consumer(table::Scope& outer, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  Registered& all = registered(outer);
  if (!check_name(outer, name, "consumer")) return;
  const auto [it, is_new] = all.where.try_emplace(std::string(name.text), name.span);
  if (!is_new) {
    outer.error(table::code::duplicate_name, name.span, "consumer `" + it->first + "` is defined twice")
        .with_related(it->second, "first defined here")
        .with_help("join them: a consumer may have several keys");
    return;
  }
  table::Scope scope(outer.builder, &outer, config::in_consumer);
  scope.where = directive.span();
  scope.local<Draft>().consumer = &all.consumers->add(name.text);
  outer.builder.build_block(scope, directive.children);
}

void apply_consumer_key(table::Scope& scope, const config::Bound& directive) {
  const config::Value& value = directive.at(0);
  const std::string sha256 = key_digest(scope, value);
  if (!sha256.empty()) {
    refuse_shared(scope, value, "key", registered(scope).consumers->add_key(sha256, consumer_of(scope)));
  }
}

void apply_consumer_plan(table::Scope& scope, const config::Bound& directive) {
  const config::Value& value = directive.at(0);
  consumer_of(scope).plan = value.text;
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, &plans = usage_plans(scope), name = std::string(value.text), span = value.span] {
    plan_exists(builder, plans, name, span);
  });
}

void apply_consumer_group(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) {
    if (check_name(scope, value, "group")) consumer_of(scope).groups.emplace_back(value.text);
  }
}

void apply_consumer_user(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) {
    refuse_shared(scope, value, "user", registered(scope).consumers->add_user(value.text, consumer_of(scope)));
  }
}

void apply_consumer_certificate(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) {
    if (!check_name(scope, value, "certificate")) continue;
    const bool is_uri = value.text.find("://") != std::string_view::npos;  // host names have no case
    const std::string name = is_uri ? std::string(value.text) : to_lower(value.text);
    refuse_shared(scope, value, "name", registered(scope).consumers->add_certificate(name, consumer_of(scope)));
  }
}

void end_consumers(table::Scope& main) {
  for (Consumer& consumer : registered(main).consumers->all()) {
    for (const std::string& group : consumer.groups) {
      if (!consumer.groups_text.empty()) consumer.groups_text += ',';
      consumer.groups_text += group;
      consumer.group_values.push_back(table::ExprValue::of(std::string_view(group)));
    }
  }
}

}  // namespace gh::policy
