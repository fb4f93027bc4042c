#include "rehearsal/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/json_writer.h"
#include "rehearsal/control_page.h"

namespace delever::rehearsal {
namespace {

constexpr size_t kPieces = 8;                    // of work between two looks at the clock
constexpr Duration kWorkMost = Duration::ms(2);  // then clients come first
constexpr Duration kWorkEvery = Duration::ms(1), kTickEvery = Duration::ms(10);
constexpr Duration kLivedMore = Duration::minutes(10);  // for a market that has not traded yet
constexpr Duration kAwake =
    Duration::us(500);  // whoever is asked each 200 us does not sleep between
// In the order of their ports, behind that of the control.
constexpr std::string_view kPorts[] = {"binance", "bybit",       "okx",
                                       "deribit", "hyperliquid", "binance-spot"};

}  // namespace

Rehearsal::Rehearsal(net::Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), turns_(std::make_shared<Turns>(loop)) {
  loop_.stay_awake(kAwake);
  loop_.send_beside();
}

Rehearsal::~Rehearsal() {
  named_.reset();
  ports_.clear();
}

Result<std::unique_ptr<Rehearsal>> Rehearsal::open(net::Loop& loop, Options options) {
  std::unique_ptr<Rehearsal> r(new Rehearsal(loop, std::move(options)));
  TRY(r->open_market());
  if (!r->options_.control) r->own_control_ = TRY(net::Server::listen(loop, r->options_.serving));
  r->control_ = r->options_.control ? r->options_.control : r->own_control_.get();
  TRY(r->open_ports());
  if (r->options_.as_venue)
    r->named_ = TRY(NamedPorts::listen(loop, r->options_.serving.listen.host, *r->options_.as_venue,
                                       r->ports_));
  TRY(r->live());
  r->open_scorecard();
  r->open_control();
  const Instant begin = r->options_.beside_wall ? loop.clock().now() : r->market_->now();
  r->pace_.emplace(std::max(begin, r->market_->now()), loop.clock().elapsed(), r->options_.speed);
  r->work();
  return r;
}

// Accounts get their numbers from the market; only then are their keys known to a desk.
Result<void> Rehearsal::open_market() {
  Market::Options options{.seed = options_.seed,
                          .members = {},
                          .journal = options_.journal,
                          .clock = &loop_.clock(),
                          .output = options_.output};
  for (const AccountSetup& a : options_.accounts) options.members.push_back(a.member);
  market_ = TRY(Market::open(options_.scenario, std::move(options)));
  for (size_t k = 0; k < options_.accounts.size(); ++k) {
    const auto [venue, account] = market_->members()[k];
    gateways::Credentials who = options_.accounts[k].who;
    who.account = account;
    market_->desk(venue).admit(std::move(who));
  }
  return {};
}

// The gateways are there and listen, so that they know what they would know; nobody is served yet.
Result<void> Rehearsal::live() {
  if (options_.lived <= Duration()) return {};
  const auto has_traded = [](const gateways::Desk& desk) {
    const auto& listings = desk.door().setup().listings;
    for (InstrumentId i = 0; i < listings.size(); ++i) {
      const bool option = listings[i].rules.contract->kind == InstrumentKind::option;
      if (!option && desk.trades(i).empty()) return false;
    }
    return true;
  };
  const auto all_have = [&] {
    for (size_t v = 0; v < market_->venues(); ++v) {
      if (!has_traded(market_->desk(v))) return false;
    }
    return true;
  };
  const Instant from = market_->now(), most = from + options_.lived + kLivedMore;
  Instant to = from + options_.lived;
  do {
    while (!TRY(market_->go_to(to, SIZE_MAX))) {}
    to = to + Duration::seconds(1);
  } while (!market_->over() && to <= most && !all_have());
  return {};
}

// What happened to its accounts from here on.
void Rehearsal::open_scorecard() {
  scorecard_ = std::make_unique<Scorecard>(*market_);
  market_->on_second([this] { scorecard_->on_second(); });
  const auto sockets = [this](size_t venue) {
    size_t open = 0;
    for (const auto& face : ports_) {
      if (face->name() == market_->name(venue)) open += face->sockets();
    }
    return open;
  };
  const auto counts = [this](size_t venue, AccountId account) {
    gateways::AccountCounts all;
    for (const auto& face : ports_) {
      for (const auto& gateway : face->gateways()) {
        if (gateway->venue() != market_->name(venue)) continue;
        const gateways::AccountCounts one = gateway->counts(account);
        all.requests += one.requests;
        all.limit_hits += one.limit_hits;
        all.refused.insert(all.refused.end(), one.refused.begin(), one.refused.end());
      }
    }
    return all;
  };
  scorecard_->set_sources(sockets, counts);
}

// Each venue that has a gateway; of Binance both ports serve futures and spot.
Result<void> Rehearsal::open_ports() {
  const uint16_t first = control_->address().port;
  for (size_t k = 0; k < std::size(kPorts); ++k) {
    const std::string name(kPorts[k]);
    const auto v = market_->find(name);
    if (!v || !has_gateway(name)) continue;
    auto face = std::make_unique<Face>(
        loop_, name, [this] { catch_up(); }, [this] { return market_->commands(); }, turns_);
    const gateways::GatewayOptions how{.limits = options_.limits};
    face->add(market_->desk(*v), name, how);
    if (name == "binance" || name == "binance-spot") {
      const std::string other = name == "binance" ? "binance-spot" : "binance";
      const auto beside = market_->find(other);
      if (beside && has_gateway(other)) face->add(market_->desk(*beside), other, how);
    }
    net::ServerOptions serving = options_.serving;
    const auto asked = options_.ports.find(name);
    const bool any = options_.serving.listen.port == 0;
    serving.listen.port = asked != options_.ports.end() ? asked->second
                          : any                         ? uint16_t{0}
                                                        : static_cast<uint16_t>(first + 1 + k);
    auto listening = face->listen(serving);
    if (!listening.has_value()) return std::move(listening.error()).at(name);
    ports_.push_back(std::move(face));
  }
  return {};
}

// ---- time

// Before a request: the market stands where the clock says, as far as it is ready.
void Rehearsal::catch_up() { market_->look_to(pace_->target(loop_.clock().elapsed())); }

// Time goes on in pieces between what clients ask; where there is more to do, again at once.
void Rehearsal::work() {
  const Duration began = loop_.clock().elapsed();
  const Instant target = pace_->target(began);
  bool there = false;
  while (!there && !trouble_ && loop_.clock().elapsed() - began < kWorkMost) {
    auto went = market_->go_to(target, kPieces);
    if (!went.has_value())
      trouble_ = std::move(went.error());
    else
      there = went.value();
  }
  behind_ = pace_->speed() > 0 && !pace_->paused() && !market_->over()
                ? std::max(0.0, (target - market_->now()).in_seconds())
                : 0;
  behind_most_ = std::max(behind_most_, behind_);
  turns_->run_due();
  for (const auto& face : ports_) face->flush_due();
  if (!ticking_.waiting()) {
    for (const auto& face : ports_) face->tick();
    ticking_ = loop_.after(kTickEvery, [] {});
  }
  working_ = loop_.after(there ? kWorkEvery : Duration::us(1), [this] { work(); });
}

void Rehearsal::close(Duration grace, std::function<void()> done) {
  working_.cancel();
  ticking_.cancel();
  (void)market_->flush();
  const size_t named = named_ ? named_->ports().size() : 0;
  const auto left = std::make_shared<size_t>(ports_.size() + named + (own_control_ ? 1 : 0));
  const auto one = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  for (const auto& face : ports_) face->close(grace, one);
  if (named_) named_->close(grace, one);
  if (own_control_) own_control_->close(grace, one);
}

// ---- control

Result<void> Rehearsal::push(const Push& push) {
  TRY(market_->push(push));
  pushed_.emplace_back(market_->now(), push);
  for (const auto& face : ports_) {
    if (face->name() != push.venue) continue;
    if (push.kind == Push::Kind::delay)
      face->delay(Duration::ms(push.ms), Duration::seconds(push.seconds));
    if (push.kind == Push::Kind::disconnect) face->disconnect();
  }
  return {};
}

// One line for scripts: secrets are not in it.
std::string Rehearsal::ready_json() const {
  const bool tls = options_.serving.tls.has_value();
  const std::string scheme = tls ? "https://" : "http://";
  gateways::JsonWriter w;
  w.open('{').text("scenario", options_.scenario.name).raw("seed", options_.seed);
  w.text("control", scheme + control_->address().text()).open("venues", '{');
  for (const auto& face : ports_) {
    w.open(face->name(), '{').text("rest", scheme + face->address().text());
    // ccxt tells a stream of spot from one of futures by this word in its address.
    const std::string under = face->name() == "binance-spot" ? "/stream" : "";
    w.text("ws", (tls ? "wss://" : "ws://") + face->address().text() + under)
        .raw("port", face->address().port)
        .close();
  }
  w.close().open("accounts", '[');
  for (const AccountSetup& a : options_.accounts) {
    w.open('{').text("venue", a.venue);
    if (a.who.address.empty())
      w.text("key", a.who.key);
    else
      w.text("address", a.who.address);
    w.open("deposits", '{');
    for (const auto& [coin, amount] : a.member.deposits) w.text(coin, amount.text());
    w.close().close();
  }
  w.close().close();
  return w.take();
}

std::string Rehearsal::pace_json() const {
  gateways::JsonWriter w;
  w.open('{').text("now", market_->now().text()).raw("over", market_->over());
  w.raw("speed", write_double(pace_->speed())).raw("paused", pace_->paused());
  w.raw("behind_seconds", write_double(behind_)).raw("pushes", pushed_.size()).close();
  return w.take();
}

// What the page shows; the hash tells two runs apart at a glance.
std::string Rehearsal::state_json() const {
  gateways::JsonWriter w;
  const sim::Simulation& s = market_->simulation();
  w.open('{').text("scenario", options_.scenario.name).text("now", market_->now().text());
  w.text("end", market_->end().text()).raw("over", market_->over());
  w.raw("speed", write_double(pace_->speed())).raw("paused", pace_->paused());
  w.raw("behind_seconds", write_double(behind_));
  w.raw("behind_seconds_most", write_double(behind_most_));
  w.raw("second", s.second()).raw("commands", market_->commands());
  w.text("hash", fmt::format("{:016x}", s.state_hash())).open("assets", '[');
  for (size_t a = 0; a < s.scenario().assets.size(); ++a) {
    w.open('{').text("asset", s.scenario().assets[a].name);
    w.raw("price", write_double(s.world().assets[a].price));
    w.raw("fundamental", write_double(s.world().assets[a].fundamental)).close();
  }
  w.close().open("venues", '[');
  for (const auto& face : ports_) {
    const auto v = market_->find(face->name());
    w.open('{').text("venue", face->name()).raw("port", face->address().port);
    w.raw("sockets", face->sockets()).raw("requests", face->requests());
    w.raw("halted", market_->halted(*v)).close();
  }
  w.close().open("pushes", '[');
  for (const auto& [at, push] : pushed_)
    w.open('{').text("at", at.text()).raw("push", push_json(push)).close();
  w.close();
  if (trouble_) w.text("trouble", trouble_->text());
  w.close();
  return w.take();
}

// One POST under /control/; answers with the state, or with what is wrong.
std::string Rehearsal::command(const net::ServerRequest& request, int& status) {
  const auto refused = [&](const Error& error) {
    status = error.fault == Fault::not_found ? 404 : 400;
    gateways::JsonWriter w;
    w.open('{').text("error", error.text()).close();
    return w.take();
  };
  const auto body = gateways::JsonTree::parse(request.body.empty() ? "{}" : request.body);
  if (!body.has_value()) return refused(body.error());
  const gateways::JsonTree& json = body.value();
  const Duration wall = loop_.clock().elapsed();
  const std::string_view what = std::string_view(request.path).substr(std::size("/control/") - 1);
  if (what == "push") {
    const auto read = read_push(json);
    if (!read.has_value()) return refused(read.error());
    const auto done = push(read.value());
    if (!done.has_value()) return refused(done.error());
  } else if (what == "pause") {
    pace_->pause(market_->now(), wall);
  } else if (what == "resume") {
    pace_->resume(wall);
  } else if (what == "speed") {
    const auto speed = read_double(json.text("speed"));
    if (!speed || *speed < 0 || *speed > 1e6)
      return refused({Fault::usage, "from 0 (as fast as it goes) to 1000000", "speed"});
    pace_->set_speed(*speed, market_->now(), wall);
  } else if (what == "step") {
    const int64_t seconds = json.integer("seconds").value_or(1);
    if (!pace_->paused()) return refused({Fault::usage, "pause first", "step"});
    if (seconds < 1 || seconds > 86'400) return refused({Fault::usage, "1 to 86400", "seconds"});
    pace_->step(Duration::seconds(seconds));
  } else {
    return refused({Fault::not_found, "push, pause, resume, speed, step", std::string(what)});
  }
  status = 200;
  return state_json();
}

void Rehearsal::control_route(std::string method, std::string path, net::Server::Handler handler) {
  control_->route(std::move(method), std::move(path),
                  [this, handler = std::move(handler)](const net::ServerRequest& request,
                                                       const net::ReplyPtr& reply) {
                    if (!options_.admits || options_.admits(request, reply))
                      handler(request, reply);
                  });
}

void Rehearsal::open_control() {
  control_route("GET", "/control/state",
                [this](const auto&, const net::ReplyPtr& r) { r->json(200, state_json()); });
  control_route("GET", "/control/ready",
                [this](const auto&, const net::ReplyPtr& r) { r->json(200, ready_json()); });
  control_route("GET", "/control/scorecard",
                [this](const auto&, const net::ReplyPtr& r) { r->json(200, scorecard_->json()); });
  control_route("GET", "/control/scorecard.txt", [this](const auto&, const net::ReplyPtr& r) {
    r->send(200, {{"Content-Type", "text/plain; charset=utf-8"}}, scorecard_->text());
  });
  // The page itself tells nothing and is for everybody: it may have to bring a token.
  const auto page = [](const auto&, const net::ReplyPtr& r) {
    r->send(200,
            {{"Content-Type", "text/html; charset=utf-8"},
             {"X-Frame-Options", "DENY"},
             {"Content-Security-Policy", "default-src 'self' 'unsafe-inline'"}},
            kControlPage);
  };
  if (own_control_) control_->route("GET", "/", page);
  control_->route("GET", "/control", page);
  // A page of another origin cannot send this type without asking first.
  control_route("POST", "/control/*", [this](const net::ServerRequest& q, const auto& r) {
    const auto type = net::find_header(q.headers, "Content-Type");
    if (!type || !type->starts_with("application/json"))
      return r->json(415, R"({"error":"Content-Type: application/json"})");
    int status = 200;
    const std::string body = command(q, status);
    r->json(status, body);
  });
}

}  // namespace delever::rehearsal
