// The client's side of a WebSocket's opening handshake.
#pragma once

#include <memory>
#include <string>

#include "net/client.h"
#include "net/socket_core.h"
#include "net/url.h"
#include "net/wire.h"

namespace delever::net {

class Opening final : public Wire::Owner, public std::enable_shared_from_this<Opening> {
 public:
  // Ends with core->open() or core->fail().
  Opening(std::shared_ptr<SocketCore> core, SocketRequest request, Url url);
  ~Opening() override;
  void begin(const ClientOptions& options, std::shared_ptr<Wire> wire);
  size_t on_bytes(std::span<char> bytes, Instant received) override;
  void on_end(const Error& error) override;

 private:
  struct Parsing;
  void fail(std::string what);
  void refused(const Headers& headers);
  void answered();

  std::shared_ptr<SocketCore> core_;
  const SocketRequest request_;
  const Url url_;
  const std::string key_;
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<Parsing> parsing_;
  Instant received_;
};

}  // namespace delever::net
