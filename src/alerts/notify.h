// Where alerts go: a webhook, signed; Alertmanager. Each message is tried twice at most, and bears
// the same number both times, so that whoever gets it twice can tell.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert_book.h"
#include "net/client.h"
#include "net/loop.h"

namespace delever::alerts {

struct Targets {
  std::string webhook, secret;  // secret: of the signature; empty: unsigned
  std::string alertmanager;     // its address, as http://127.0.0.1:9093
};

// One line of JSON, without its end.
std::string alert_json(const Alert& alert);
// The body of Alertmanager's POST /api/v2/alerts.
std::string alertmanager_json(const std::vector<Alert>& alerts);
// "sha256=" and the HMAC of "TIMESTAMP.BODY".
std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body);

class Notifier {
 public:
  // `failed` is told what was not delivered, in one line.
  static Result<std::unique_ptr<Notifier>> make(net::Loop& loop, Targets targets,
                                                std::function<void(const std::string&)> failed);
  void send(const std::vector<Alert>& alerts);
  size_t under_way() const { return under_way_; }

 private:
  Notifier(net::Loop& loop, Targets targets, std::function<void(const std::string&)> failed);
  void post(net::HttpRequest request, int tries);

  net::Loop& loop_;
  const Targets targets_;
  const std::function<void(const std::string&)> failed_;
  std::unique_ptr<net::Client> client_;
  std::vector<net::Timer> again_;
  size_t under_way_ = 0;
  uint64_t number_ = 0;
};

}  // namespace delever::alerts
