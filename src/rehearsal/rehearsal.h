// `delever serve --scenario`: the market beside the wall clock, a port for each venue, and the
// control of both.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rehearsal/face.h"
#include "rehearsal/market.h"
#include "rehearsal/named_ports.h"
#include "rehearsal/pace.h"
#include "rehearsal/scorecard.h"

namespace delever::rehearsal {

struct AccountSetup {
  std::string venue;
  gateways::Credentials who;  // its account is filled in
  Member member;
};

// One funded test account a venue: key K, secret S, passphrase P; at Hyperliquid the address of the
// published test key.
std::vector<AccountSetup> test_accounts();
// TOML: [[account]] venue, key, secret, passphrase, address, collateral, deposits = {USDT =
// "1000"}.
Result<std::vector<AccountSetup>> read_accounts(std::string_view toml, std::string_view file);
// VENUE:KEY:SECRET[:PASSPHRASE], or hyperliquid:ADDRESS, with the test account's deposits.
Result<AccountSetup> read_key(std::string_view text);

class Rehearsal {
 public:
  struct Options {
    sim::Scenario scenario;
    uint64_t seed = 1;
    double speed = 1;
    std::vector<AccountSetup> accounts;
    bool limits = false;
    // So much of the market before anybody is let in, and then on until each market has traded: who
    // asks first finds trades, candles and books.
    Duration lived = Duration::minutes(10);
    bool beside_wall = false;  // after that the market's time is the wall's, not where it stands
    std::string journal;
    net::ServerOptions serving;  // of the control; venues listen on the same host
    // Somebody else's server that carries the control too, and who may use it there: where that
    // says no it has answered.
    net::Server* control = nullptr;
    std::function<bool(const net::ServerRequest&, const net::ReplyPtr&)> admits;
    sim::Output* output = nullptr;                // Market::Options
    std::optional<NamedPorts::Options> as_venue;  // under the venues' own names too
    std::map<std::string, uint16_t> ports;        // by face; others follow the control's port
  };
  static Result<std::unique_ptr<Rehearsal>> open(net::Loop& loop, Options options);
  ~Rehearsal();

  std::string ready_json() const;
  std::string state_json() const;
  // Of the clock, in short: now, speed, how far behind.
  std::string pace_json() const;
  const net::HostPort& address() const { return control_->address(); }
  net::Server& control() { return *control_; }
  const NamedPorts* named() const { return named_.get(); }
  Market& market() { return *market_; }
  const Scorecard& scorecard() const { return *scorecard_; }  // since it was ready
  const std::optional<Error>& trouble() const { return trouble_; }
  void close(Duration grace, std::function<void()> done);

 private:
  Rehearsal(net::Loop& loop, Options options);
  Result<void> open_market();
  Result<void> open_ports();
  Result<void> live();
  void open_scorecard();
  void open_control();
  void control_route(std::string method, std::string path, net::Server::Handler handler);
  void work();
  void catch_up();
  Result<void> push(const Push& push);
  std::string command(const net::ServerRequest& request, int& status);

  net::Loop& loop_;
  Options options_;
  const std::shared_ptr<Turns> turns_;
  std::unique_ptr<Market> market_;
  std::vector<std::unique_ptr<Face>> ports_;
  std::unique_ptr<NamedPorts> named_;
  std::unique_ptr<net::Server> own_control_;
  net::Server* control_ = nullptr;  // own_control_, or the one that was given
  std::unique_ptr<Scorecard> scorecard_;
  std::optional<Pace> pace_;
  std::optional<Error> trouble_;
  std::vector<std::pair<Instant, Push>> pushed_;
  net::Timer working_, ticking_;
  double behind_ = 0, behind_most_ = 0;  // seconds of the market
};

}  // namespace delever::rehearsal
