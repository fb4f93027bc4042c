// `delever serve --scenario`: the market beside the wall clock, a port for each venue, and the
// control of both.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rehearsal/face.h"
#include "rehearsal/market.h"
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
    net::ServerOptions serving;             // of the control; venues listen on the same host
    std::map<std::string, uint16_t> ports;  // by face; others follow the control's port
  };
  static Result<std::unique_ptr<Rehearsal>> open(net::Loop& loop, Options options);
  ~Rehearsal();

  std::string ready_json() const;
  std::string state_json() const;
  const net::HostPort& address() const { return control_->address(); }
  net::Server& control() { return *control_; }
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
  void work();
  void catch_up();
  Result<void> push(const Push& push);
  std::string command(const net::ServerRequest& request, int& status);

  net::Loop& loop_;
  Options options_;
  const std::shared_ptr<Turns> turns_;
  std::unique_ptr<Market> market_;
  std::vector<std::unique_ptr<Face>> ports_;
  std::unique_ptr<net::Server> control_;
  std::unique_ptr<Scorecard> scorecard_;
  std::optional<Pace> pace_;
  std::optional<Error> trouble_;
  std::vector<std::pair<Instant, Push>> pushed_;
  net::Timer working_, ticking_;
  double behind_ = 0, behind_most_ = 0;  // seconds of the market
};

}  // namespace delever::rehearsal
