// The operations of the rewrite module (LANGUAGE.md 8): set, if, rewrite, return, break of one block, run in the order
// of the file. Each directive's file adds its operation; rewrite.cc makes one step of them. Build thread; the functions
// run on the worker's.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "table/scope.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

enum class Flow : std::uint8_t {
  next,      // on to the next operation
  stop,      // no more of them in this block (break, last)
  answered,  // an answer is decided
};

using OpFn = Flow (*)(proxy::Exchange&, const void* params);

struct RewriteOp {
  std::string_view name;     // the directive's, for dumps
  std::size_t position = 0;  // in the block
  OpFn run = nullptr;
  std::shared_ptr<const void> params;
};
using RewriteOps = std::vector<RewriteOp>;

/// Adds an operation at the place of the directive that is being applied.
void add_op(table::Scope& scope, std::string_view name, OpFn run, std::shared_ptr<const void> params);
/// The block's operations in the order of the file; the block is left without.
RewriteOps take_ops(table::Scope& scope);
Flow run_ops(proxy::Exchange& exchange, const RewriteOps& ops);

}  // namespace gh::policy
