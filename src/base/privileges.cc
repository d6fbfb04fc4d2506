#include "base/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace gh {

namespace {

constexpr std::uint32_t kept_rights = 1U << CAP_DAC_OVERRIDE | 1U << CAP_NET_BIND_SERVICE;

struct Rights {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};  // 0: the calling thread
  __user_cap_data_struct sets[2]{};                               // of 32 rights each
};

bool read_rights(Rights& rights) { return ::syscall(SYS_capget, &rights.head, rights.sets) == 0; }

/// Root that stays root has all rights and keeps them.
void put_into_effect(bool wanted) {
  Rights rights;
  if (::geteuid() == 0 || !read_rights(rights) || (rights.sets[0].permitted & kept_rights) == 0) return;
  rights.sets[0].effective = wanted ? rights.sets[0].permitted & kept_rights : 0;
  ::syscall(SYS_capset, &rights.head, rights.sets);
}

}  // namespace

void keep_rights_before_setuid() { ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }

void keep_rights_after_setuid() {
  Rights rights;
  if (!read_rights(rights)) return;
  Rights kept;
  kept.sets[0].permitted = rights.sets[0].permitted & kept_rights;
  ::syscall(SYS_capset, &kept.head, kept.sets);
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

void give_up_rights() {
  if (::geteuid() == 0) return;
  Rights none;
  ::syscall(SYS_capset, &none.head, none.sets);
}

Privileged::Privileged() { put_into_effect(true); }
Privileged::~Privileged() { put_into_effect(false); }

}  // namespace gh
