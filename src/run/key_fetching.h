// KeyFetching: fetches the keys of auth_jwt_key_url at once, again before they are old, and when a worker meets a token
// whose key it does not have. What came last stays when an issuer is down, slow or lies. Nobody waits for it but
// requests that need a key. Main thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "net/loop.h"
#include "run/resolvers.h"
#include "table/jwt_keys.h"
#include "upstream/fetch.h"

namespace gh::run {

class KeyFetching {
 public:
  explicit KeyFetching(net::Loop& loop);
  ~KeyFetching();
  KeyFetching(const KeyFetching&) = delete;
  KeyFetching& operator=(const KeyFetching&) = delete;
  /// From now on these as well; URLs that no table names any more are forgotten. Null: there are none.
  void follow(table::JwtKeyUrls* urls);

 private:
  struct Job;
  struct Handle;  // what workers may keep of this: it outlives it
  void due(Job& job);
  void fetch(Job& job);
  void answered(Job& job, const Result<upstream::FetchAnswer>& answer);
  Result<table::JwtKeySetPtr> read(Job& job, const Result<upstream::FetchAnswer>& answer);
  void forget_gone();

  net::Loop& loop_;
  Resolvers resolvers_;
  std::shared_ptr<Handle> handle_;
  std::map<const table::JwtKeyUrl*, std::unique_ptr<Job>> jobs_;
};

}  // namespace gh::run
