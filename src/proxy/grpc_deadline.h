// GrpcDeadline: how long a gRPC call may take altogether (grpc-timeout). Made for calls that state one.
#pragma once

#include "net/timer_wheel.h"
#include "proxy/forwarder.h"

namespace gh::proxy {

class GrpcDeadline final : public net::Timer {
 public:
  explicit GrpcDeadline(Forwarder& forwarder) : forwarder_(forwarder) {}
  void fire() override { forwarder_.on_deadline(); }

 private:
  Forwarder& forwarder_;
};

}  // namespace gh::proxy
