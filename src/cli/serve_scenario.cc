#include "cli/serve_scenario.h"

#include <fmt/format.h>

#include <csignal>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"
#include "reports/simulate_run.h"

namespace delever::cli {
namespace {

// Of now: so much earlier that it stands at now once it has lived.
Result<sim::Scenario> read_start(Session& session, const ScenarioServing& a, Duration lived) {
  sim::Scenario scenario = TRY(reports::load_scenario(reports::find_shipped(a.scenario)));
  if (a.start == "scenario") return scenario;
  Instant from = session.io.clock->now() - lived;
  if (a.start != "now") from = TRY(reports::of_option(Instant::parse(a.start), "--start"));
  const Duration second = Duration::seconds(1);
  return rehearsal::moved_to(std::move(scenario),
                             Instant::ns(from.ns() / second.ns() * second.ns()));
}

Result<std::vector<rehearsal::AccountSetup>> read_members(const ScenarioServing& a,
                                                          const sim::Scenario& scenario) {
  std::vector<rehearsal::AccountSetup> all;
  if (!a.accounts.empty()) {
    const std::string toml = TRY(read_file(a.accounts));
    all = TRY(rehearsal::read_accounts(toml, a.accounts));
  }
  for (const std::string& key : a.members) all.push_back(TRY(rehearsal::read_key(key)));
  if (!all.empty()) return all;
  for (rehearsal::AccountSetup& one : rehearsal::test_accounts()) {
    for (const sim::VenueSetup& v : scenario.venues) {
      if (rehearsal::face_name(v) == one.venue) {
        all.push_back(std::move(one));
        break;
      }
    }
  }
  return all;
}

Result<rehearsal::Rehearsal::Options> read_serving(Session& session, const ScenarioServing& a) {
  rehearsal::Rehearsal::Options options;
  auto lived = Duration::parse(a.lived);
  options.lived = TRY(reports::of_option(std::move(lived), "--lived"));
  if (options.lived > Duration::days(1)) return Error{Fault::usage, "a day at most", "--lived"};
  options.beside_wall = a.start == "now";
  options.scenario = TRY(read_start(session, a, options.lived));
  options.seed = static_cast<uint64_t>(a.seed);
  options.speed = a.speed;
  options.limits = a.limits;
  options.journal = a.journal;
  options.accounts = TRY(read_members(a, options.scenario));
  auto listen = net::HostPort::parse(a.listen);
  options.serving.listen = TRY(reports::of_option(std::move(listen), "--listen"));
  const bool beyond = !net::is_loopback(options.serving.listen.host);
  if (beyond && a.accounts.empty() && a.members.empty())
    return Error{Fault::usage, "beyond this machine only with --accounts or --account", "--listen"};
  if (beyond)
    write(session.io.err,
          "delever: whoever reaches this address may trade with the keys given, and push the "
          "market\n");
  if (a.certificate.empty() != a.key.empty())
    return Error{Fault::usage, "a certificate and its key are given together", "--certificate"};
  if (!a.certificate.empty()) {
    std::string certificate = TRY(read_file(a.certificate)), key = TRY(read_file(a.key));
    options.serving.tls = net::TlsIdentity{std::move(certificate), std::move(key)};
  }
  for (const std::string& port : a.ports) {
    const size_t equals = port.find('=');
    const auto number =
        equals == port.npos ? std::nullopt : read_int(std::string_view(port).substr(equals + 1));
    if (!number || *number < 0 || *number > 65'535)
      return Error{Fault::usage, "is VENUE=NUMBER", "--port"};
    options.ports[port.substr(0, equals)] = static_cast<uint16_t>(*number);
  }
  return options;
}

}  // namespace

void add_scenario_options(Verb& verb, ScenarioServing& a) {
  verb.add_option("--seed", a.seed, "seed of the market")->not_negative()->capture_default_str();
  verb.add_option("--speed", a.speed, "of the market's time; 0: as fast as it goes")
      ->between(0, 1e6)
      ->capture_default_str();
  verb.add_option("--start", a.start, "when the market begins: now, scenario (its own), or a time")
      ->capture_default_str();
  verb.add_option("--lived", a.lived, "how much of the market has passed when the first is let in")
      ->capture_default_str();
  verb.add_option("--port", a.ports,
                  "VENUE=NUMBER; others follow the first port: binance 1, bybit 2, okx 3, deribit "
                  "4, hyperliquid 5, binance-spot 6");
  verb.add_option("--accounts", a.accounts,
                  "TOML of [[account]]: venue, key, secret, passphrase or address, deposits")
      ->reads();
  verb.add_option("--account", a.members, "VENUE:KEY:SECRET[:PASSPHRASE], or hyperliquid:ADDRESS");
  verb.add_flag("--limits", a.limits, "count and enforce the venues' rate limits");
  verb.add_option("--journal", a.journal,
                  "file to keep what came from outside, for rehearsal replay")
      ->writes();
}

Result<void> run_scenario(Session& session, const ScenarioServing& a) {
  net::Loop loop(*session.io.clock);
  rehearsal::Rehearsal::Options options = TRY(read_serving(session, a));
  const auto open = TRY(rehearsal::Rehearsal::open(loop, std::move(options)));
  const std::string ready = open->ready_json() + "\n";
  write(session.io.out, ready);
  std::fflush(session.io.out);
  // Whoever waits for the file finds all of it.
  if (!a.ready_file.empty()) TRY(write_output(session, a.ready_file, ready));
  bool ending = false;
  TRY(loop.on_signals({SIGTERM, SIGINT}, [&](int) {
    if (std::exchange(ending, true)) return loop.stop();
    open->close(Duration::seconds(1), [&] { loop.stop(); });
  }));
  loop.run();
  write(session.io.err, open->scorecard().text());
  if (open->trouble()) return *open->trouble();
  return {};
}

}  // namespace delever::cli
