#include "jose/mac_maker.h"

namespace gh::jose {

std::size_t MacMaker::make(std::string_view text, Mac& mac) {
  MacCtxPtr context(idle_.exchange(nullptr, std::memory_order_acquire));
  const bool is_ready = context && EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1;  // begins again, same secret
  if (!is_ready) context.reset(EVP_MAC_CTX_dup(begun_.get()));
  std::size_t size = 0;
  const bool good = context && EVP_MAC_update(context.get(), as_bytes(text), text.size()) == 1 &&
                    EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) == 1;
  if (!good) return 0;
  const MacCtxPtr other(idle_.exchange(context.release(), std::memory_order_acq_rel));
  return size;
}

}  // namespace gh::jose
