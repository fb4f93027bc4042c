#include "cli/serve_scenario.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/partial_file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "cli/output.h"
#include "gateways/json_writer.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"
#include "reports/market_tape.h"
#include "reports/simulate_run.h"

namespace delever::cli {
namespace {

constexpr uint64_t kTemporaryMost = uint64_t{1} << 30;  // bytes of a tape that nobody named
constexpr Duration kPublishEvery = Duration::seconds(1);

// Of now: so much earlier that it stands at now once it has lived.
Result<sim::Scenario> read_start(Session& session, const ScenarioServing& a, Duration lived) {
  sim::Scenario scenario = TRY(reports::load_scenario(reports::find_shipped(a.scenario)));
  if (a.start == "scenario") return scenario;
  Instant from = session.io.clock->now() - lived;
  if (a.start != "now") from = TRY(reports::of_option(Instant::parse(a.start), "--start"));
  const Duration second = Duration::seconds(1);
  return rehearsal::moved_to(std::move(scenario),
                             // Whole seconds: the market's clock ticks on them.
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
  // Whoever names an account gets those alone; the test accounts with public keys are for nobody
  // else.
  if (!all.empty()) return all;
  // A scenario of fewer coins has no deposits of the others.
  const auto lacks = [&](const auto& deposit) {
    const std::string& coin = deposit.first;
    return !coin.starts_with("USD") &&
           std::none_of(scenario.assets.begin(), scenario.assets.end(),
                        [&](const sim::AssetSetup& asset) { return asset.name == coin; });
  };
  for (rehearsal::AccountSetup& one : rehearsal::test_accounts()) {
    std::erase_if(one.member.deposits, lacks);
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
  // Beyond this machine the test accounts, whose keys are printed in the documents, are no
  // protection.
  const bool beyond = !net::is_loopback(options.serving.listen.host);
  if (beyond && a.accounts.empty() && a.members.empty())
    return Error{Fault::usage, "beyond this machine only with --accounts or --account", "--listen"};
  if (beyond)
    write(session.io.err,
          fmt::format("delever: whoever reaches this address may trade with the keys given{}\n",
                      a.no_tape ? ", and push the market" : ""));
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
  const bool named_port = options.ports.contains("as-venue");
  if (!a.as_venue.on && (named_port || !a.as_venue.ca_file.empty()))
    return Error{Fault::usage, "goes with --as-venue", named_port ? "--port" : "--ca-file"};
  return options;
}

// A JSON object with one more member at its end.
std::string with_member(std::string object, std::string_view name, std::string_view value) {
  object.pop_back();
  return object + fmt::format(",\"{}\":{}}}", name, value);
}

std::string recording_json(const reports::MarketTape& tape) {
  gateways::JsonWriter w;
  w.open('{').text("tape", tape.path()).raw("bytes", tape.bytes());
  if (tape.ended()) w.text("ended", tape.ended()->text());
  w.close();
  return w.take();
}

// What stood at a name that something new has, until it is known that the new one stays.
class ReplacedFile {
 public:
  explicit ReplacedFile(const std::string& path)
      : path_(followed(path)), kept_(fmt::format("{}.before-{}", path_, getpid())) {
    std::error_code none;
    std::filesystem::remove(kept_, none);
    std::filesystem::create_hard_link(path_, kept_, none);  // where there is one
  }
  ~ReplacedFile() {
    std::error_code none;
    std::filesystem::remove(kept_, none);
  }
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  void is_made() { made_ = true; }
  // Whoever wrote the new one has closed it.
  void bring_back() {
    std::error_code none;
    const bool was_there = std::filesystem::exists(kept_, none);
    if (was_there ? std::filesystem::equivalent(kept_, path_, none) : !made_) return;
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + end, none);
    if (was_there) std::filesystem::rename(kept_, path_, none);
  }

 private:
  const std::string path_, kept_;
  bool made_ = false;
};

// The market, its tape and the page over it; in the order in which one needs the other.
class ScenarioRun {
 public:
  explicit ScenarioRun(Session& session) : session_(session), loop_(*session.io.clock) {}

  // A market that cannot begin leaves what stood at its tape's name.
  Result<void> open(const ScenarioServing& a, ScenarioPage page) {
    auto begun = begin(a, std::move(page));
    if (begun.has_value()) {
      replaced_.reset();
      return {};
    }
    market_.reset();
    beside_.reset();
    page_.reset();
    tape_.reset();
    if (replaced_) replaced_->bring_back();
    return begun;
  }

  Result<void> run() {
    bool ending = false;
    TRY(loop_.on_signals({SIGTERM, SIGINT}, [&](int) {
      // The first signal closes connections in order, the second does not wait for them.
      if (std::exchange(ending, true)) return loop_.stop();
      const auto left = std::make_shared<int>(page_ ? 2 : 1);
      const auto one = [this, left] {
        if (--*left == 0) loop_.stop();
      };
      market_->close(Duration::seconds(1), one);
      if (page_) page_->close(Duration::seconds(1), one);
    }));
    loop_.run();
    publishing_.cancel();
    // The tape ends with the market: totals are written, and the file is whole.
    if (tape_) TRY(tape_->close());
    write(session_.io.err, market_->scorecard().text());
    if (market_->trouble()) return *market_->trouble();
    return {};
  }

 private:
  Result<void> begin(const ScenarioServing& a, ScenarioPage page) {
    rehearsal::Rehearsal::Options options = TRY(read_serving(session_, a));
    if (!a.no_tape) TRY(show(a, page, options));
    if (a.as_venue.on) TRY(name_ports(a, options));
    market_ = TRY(rehearsal::Rehearsal::open(loop_, std::move(options)));
    std::string ready = market_->ready_json();
    if (tape_) ready = with_member(std::move(ready), "recording", recording_json(*tape_));
    if (const rehearsal::NamedPorts* named = market_->named()) {
      const std::string& host = market_->address().host;
      ready = with_member(std::move(ready), "as_venue",
                          as_venue_json(a.as_venue, host, *named, trusted_until_));
      write(session_.io.err, as_venue_advice(a.as_venue, host, *named, trusted_until_));
    }
    ready += "\n";
    write(session_.io.out, ready);
    std::fflush(session_.io.out);
    if (page_) write(session_.io.err, fmt::format("delever: open {}\n", page_url()));
    if (page_ && !page_->has_page())
      write(session_.io.err, "delever: the page is not built (make page); the API is there\n");
    // Whoever waits for the file finds all of it.
    if (!a.ready_file.empty()) TRY(write_output(session_, a.ready_file, ready));
    if (tape_) publish();
    return {};
  }

  Result<void> show(const ScenarioServing& a, ScenarioPage& page,
                    rehearsal::Rehearsal::Options& options) {
    std::string path = a.tape_out;
    if (path.empty()) {
      folder_.emplace(TRY(TemporaryFolder::make("delever-rehearsal")));
      path = folder_->path() + "/rehearsal.tape";
    } else {
      replaced_.emplace(path);
    }
    // That it may be replaced has been asked already.
    tape_ = TRY(reports::MarketTape::open(
        {.path = path, .most_bytes = folder_ ? kTemporaryMost : 0, .replace = true},
        options.scenario, *session_.io.clock));
    if (replaced_) replaced_->is_made();
    options.output = tape_.get();
    dashboard::Subject& subject = page.options.subject;
    subject.tapes = {path};
    if (subject.title.empty()) subject.title = options.scenario.name;
    const auto& assets = options.scenario.assets;
    const auto shown = std::find_if(assets.begin(), assets.end(),
                                    [&](const auto& one) { return one.name == subject.asset; });
    if (shown == assets.end() && !assets.empty()) subject.asset = assets.front().name;
    page.options.control = "/control";
    // The page is opened before the market (it serves the control), and is asked the time before it
    // is there.
    page.options.now = [this, from = options.scenario.from] {
      return market_ ? market_->market().now() : from;
    };
    scheme_ = page.options.serving.tls ? "https" : "http";
    page_ = TRY(dashboard::Dashboard::open(loop_, std::move(page.options)));
    if (page.beside) beside_ = TRY(page.beside(loop_, *page_));
    options.control = &page_->server();
    options.admits = [this](const net::ServerRequest& request, const net::ReplyPtr& reply) {
      return page_->admits(request, reply);
    };
    return {};
  }

  Result<void> name_ports(const ScenarioServing& a, rehearsal::Rehearsal::Options& options) {
    std::optional<uint16_t> port;
    if (const auto asked = options.ports.find("as-venue"); asked != options.ports.end())
      port = asked->second;
    OpenedAsVenue opened =
        TRY(open_as_venue(session_, a.as_venue, options.serving.listen.host, port));
    options.as_venue = std::move(opened.serving);
    trusted_until_ = opened.until;
    return {};
  }

  std::string page_url() const {
    return fmt::format("{}://{}/", scheme_, page_->server().address().text());
  }

  // What the page cannot see on the tape; and the tape ends with the market.
  void publish() {
    if (market_->market().over()) {
      if (auto closed = tape_->close(); !closed.has_value()) complain(closed.error());
    }
    if (tape_->ended() && !std::exchange(complained_, true)) complain(*tape_->ended());
    page_->publish("rehearsal",
                   with_member(market_->pace_json(), "recording", recording_json(*tape_)));
    publishing_ = loop_.after(kPublishEvery, [this] { publish(); });
  }
  void complain(const Error& error) {
    write(session_.io.err, fmt::format("delever: {}\n", printable(error.text())));
  }

  Session& session_;
  net::Loop loop_;
  std::optional<TemporaryFolder> folder_;
  std::optional<ReplacedFile> replaced_;
  std::unique_ptr<reports::MarketTape> tape_;
  std::unique_ptr<dashboard::Dashboard> page_;
  std::shared_ptr<void> beside_;
  std::unique_ptr<rehearsal::Rehearsal> market_;  // its control is at the page's server
  std::string scheme_;
  bool complained_ = false;
  Instant trusted_until_;
  net::Timer publishing_;
};

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
                  "4, hyperliquid 5, binance-spot 6; as-venue: what --as-venue says");
  verb.add_option("--accounts", a.accounts,
                  "TOML of [[account]]: venue, key, secret, passphrase or address, deposits")
      ->reads();
  verb.add_option("--account", a.members, "VENUE:KEY:SECRET[:PASSPHRASE], or hyperliquid:ADDRESS");
  verb.add_flag("--limits", a.limits, "count and enforce the venues' rate limits");
  verb.add_option("--journal", a.journal,
                  "file to keep what came from outside, for rehearsal replay")
      ->writes();
  auto* out = verb.add_option("--tape-out", a.tape_out,
                              "tape to record the market to, which the page follows (default: a "
                              "temporary one of 1 GB at most)");
  out->writes_tape();
  verb.add_flag("--no-tape", a.no_tape, "record nothing: the control alone is shown")
      ->excludes(out);
  add_as_venue_options(verb, a.as_venue);
}

Result<void> run_scenario(Session& session, const ScenarioServing& serving, ScenarioPage page) {
  ScenarioRun run(session);
  TRY(run.open(serving, std::move(page)));
  return run.run();
}

}  // namespace delever::cli
