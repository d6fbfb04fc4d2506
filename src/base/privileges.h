// What is left of root when the process has become another user (`user`): a reload still reads keys that only root may
// read, opens ports below 1024 and log files in root's folders, as nginx's master process does. The thread that reloads
// keeps the two rights for that (CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE) and has them in effect only while a Privileged
// lives; threads that peers talk to give them up for good. Errors: where the kernel refuses, they are simply not there.
// capabilities(7); nginx directive `user`.
#pragma once

namespace gh {

/// setuid() of this process is to keep the two rights for the calling thread: before it, and after it.
void keep_rights_before_setuid();
void keep_rights_after_setuid();

/// The calling thread never has them again.
void give_up_rights();

/// Puts into effect what the calling thread kept.
class Privileged {
 public:
  Privileged();
  ~Privileged();
  Privileged(const Privileged&) = delete;
  Privileged& operator=(const Privileged&) = delete;
};

}  // namespace gh
