#include "upstream/client_certificates.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include <unordered_set>

#include "net/tls.h"
#include "table/plan.h"
#include "upstream/tls_client.h"

namespace gh::upstream {

ClientCertificates::File ClientCertificates::file_at(std::string_view path) {
  struct stat found;
  if (path.starts_with("data:") || ::stat(std::string(path).c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

Result<std::shared_ptr<ClientCertificates::Item>> ClientCertificates::read(const table::TlsClientPlan& plan,
                                                                           std::string name, std::string_view path,
                                                                           bool is_key) {
  auto item = std::make_shared<Item>();
  item->name = std::move(name);
  item->file = file_at(path);
  const Result<Secret> pem = table::read_pem(path);
  if (!pem) return Unexpected<Error>(pem.error());
  if (is_key) {
    auto key = table::parse_key(pem->view(), *plan.passwords, fmt::format("{}password_file", plan.prefix));
    if (!key) return Unexpected<Error>(key.error());
    item->key = std::move(*key);
    item->may_be_kept = pem->view().find("ENCRYPTED") == std::string_view::npos;
    return item;
  }
  auto chain = table::parse_certificates(pem->view());
  if (!chain) return Unexpected<Error>(chain.error());
  item->certificates = std::move(*chain);
  return item;
}

void ClientCertificates::drop(Cache& cache, Items::iterator at) {
  cache.by_name.erase((*at)->name);
  cache.items.erase(at);
}

/// Null: it must be read.
std::shared_ptr<const ClientCertificates::Item> ClientCertificates::kept(Cache& cache,
                                                                        const table::CertificateCacheRule& rule,
                                                                        const std::string& name,
                                                                        std::string_view path, std::int64_t now_ms) {
  while (!cache.items.empty() && now_ms - cache.items.back()->used_ms >= rule.inactive_ms) {
    drop(cache, std::prev(cache.items.end()));
  }
  const auto at = cache.by_name.find(name);
  if (at == cache.by_name.end()) return nullptr;
  Item& item = **at->second;
  if (now_ms - item.checked_ms >= rule.valid_ms) {
    if (file_at(path) != item.file) {
      drop(cache, at->second);
      return nullptr;
    }
    item.checked_ms = now_ms;
  }
  item.used_ms = now_ms;
  cache.items.splice(cache.items.begin(), cache.items, at->second);
  return *at->second;
}

void ClientCertificates::keep(Cache& cache, const table::CertificateCacheRule& rule, std::shared_ptr<Item> item) {
  if (const auto old = cache.by_name.find(item->name); old != cache.by_name.end()) drop(cache, old->second);
  if (!item->may_be_kept) return;
  while (cache.items.size() >= rule.most) drop(cache, std::prev(cache.items.end()));
  cache.items.push_front(std::move(item));
  cache.by_name.emplace(cache.items.front()->name, cache.items.begin());
}

Result<std::shared_ptr<const ClientCertificates::Item>> ClientCertificates::find(const TlsUse& use, bool is_key,
                                                                                std::int64_t now_ms,
                                                                                Freshness freshness) {
  const std::string_view path = is_key ? use.key : use.certificate;
  std::string name = fmt::format("{}{}", is_key ? 'k' : 'c', path);
  const auto& rule = use.plan->cache;
  Cache* const cache = rule ? &caches_[rule] : nullptr;
  if (cache && freshness == Freshness::as_ruled) {
    if (auto found = kept(*cache, *rule, name, path, now_ms)) return found;
  }
  auto made = read(*use.plan, std::move(name), path, is_key);
  if (!made) return Unexpected<Error>(made.error());
  (*made)->used_ms = (*made)->checked_ms = now_ms;
  if (cache) keep(*cache, *rule, *made);
  return std::shared_ptr<const Item>(*made);
}

bool ClientCertificates::use(SSL* ssl, const TlsUse& use, std::int64_t now_ms, std::string& why) {
  // Of a pair that was replaced, one half may still be the kept one: then both are read anew.
  for (const Freshness freshness : {Freshness::as_ruled, Freshness::anew}) {
    const auto certificate = find(use, false, now_ms, freshness);
    const auto key = certificate ? find(use, true, now_ms, freshness) : certificate;
    if (!key) {
      why = fmt::format("cannot load certificate{} \"{}\": {}", certificate ? " key" : "",
                        table::shown_pem_name(certificate ? use.key : use.certificate), key.error().text);
      return false;
    }
    const std::span chain = (*certificate)->certificates;
    if (table::use_certificate(ssl, chain.front().get(), (*key)->key.get(), chain.subspan(1))) {
      why.clear();
      return true;
    }
    why = fmt::format("certificate \"{}\" and its key cannot be used: {}", table::shown_pem_name(use.certificate),
                      net::take_tls_errors());
    if (!use.plan->cache) return false;
  }
  return false;
}

void ClientCertificates::keep_only(const table::Table& table) {
  std::unordered_set<const table::CertificateCacheRule*> used;
  for (const auto& plan : table.tls_clients) used.insert(plan->cache.get());
  for (auto it = caches_.begin(); it != caches_.end();) {
    if (used.contains(it->first.get())) ++it;
    else it = caches_.erase(it);
  }
}

}  // namespace gh::upstream
