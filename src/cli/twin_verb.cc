// delever twin: a venue on this machine that plays a tape.
#include <fmt/format.h>

#include <csignal>
#include <memory>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "live/record_plan.h"
#include "live/twin_server.h"
#include "net/loop.h"

namespace delever::cli {
namespace {

struct TwinArguments {
  std::string market, tape, listen = "127.0.0.1:0", ready_file, lifetime, certificate, key;
  double speed = 1;
  bool once = false;
};

Result<live::TwinServer::Options> read_arguments(const TwinArguments& a) {
  live::TwinServer::Options options;
  options.market = TRY(live::market_name(a.market));
  options.tape = [path = a.tape] { return tape::TapeReader::open(path); };
  options.playing.speed = a.speed;
  if (!a.lifetime.empty()) {
    options.playing.lifetime = TRY(reports::of_option(Duration::parse(a.lifetime), "--lifetime"));
    if (options.playing.lifetime <= Duration())
      return Error{Fault::usage, "must be longer than nothing", "--lifetime"};
  }
  auto listen = net::HostPort::parse(a.listen);
  options.serving.listen = TRY(reports::of_option(std::move(listen), "--listen"));
  if (a.certificate.empty() != a.key.empty())
    return Error{Fault::usage, "a certificate and its key are given together", "--certificate"};
  if (!a.certificate.empty()) {
    std::string certificate = TRY(read_file(a.certificate)), key = TRY(read_file(a.key));
    options.serving.tls = net::TlsIdentity{std::move(certificate), std::move(key)};
  }
  return options;
}

Result<void> run_twin(Session& session, const TwinArguments& a) {
  net::Loop loop(*session.io.clock);
  live::TwinServer::Options options = TRY(read_arguments(a));
  const auto twin = TRY(live::TwinServer::open(loop, std::move(options)));
  const std::string url =
      fmt::format("{}://{}", a.certificate.empty() ? "http" : "https", twin->address().text());
  write(session.io.err, fmt::format("delever: {} plays {} at {}\n", a.market, a.tape, url));
  // Whoever waits for the file finds the whole address in it.
  if (!a.ready_file.empty()) TRY(write_output(session, a.ready_file, url + "\n"));
  bool ending = false;
  const auto end = [&] {
    if (std::exchange(ending, true)) return;
    twin->close(Duration::seconds(2), [&] { loop.stop(); });
  };
  TRY(loop.on_signals({SIGTERM, SIGINT}, [&](int) { end(); }));
  net::Timer looking;
  const std::function<void()> check = [&] {
    if (a.once && twin->finished() && twin->clients() == 0) return end();
    looking = loop.after(Duration::ms(100), check);
  };
  check();
  loop.run();
  return {};
}

}  // namespace

void add_twin(Verb& app, Session& session) {
  auto a = std::make_shared<TwinArguments>();
  Verb* verb = app.add_subcommand(
      "twin", "a venue on this machine that plays a tape over the venue's own protocol");
  verb->add_option("venue", a->market, "whose protocol: binance, bybit:inverse, okx, deribit ...")
      ->required();
  verb->add_option("--tape", a->tape, "tape to play")->required()->reads();
  verb->add_option("--speed", a->speed, "of the tape's time")
      ->between(0.001, 1e6)
      ->capture_default_str();
  verb->add_option("--listen", a->listen, "HOST:PORT; port 0: any that is free")
      ->capture_default_str();
  verb->add_option("--ready-file", a->ready_file, "file to write the address to, once it answers")
      ->writes();
  add_force(verb, session);
  verb->add_option("--lifetime", a->lifetime,
                   "cut every connection after so long (default: the venue's own, 24h)");
  verb->add_option("--certificate", a->certificate, "PEM file: speak TLS with this certificate")
      ->reads();
  verb->add_option("--key", a->key, "PEM file of its key")->reads();
  verb->add_flag("--once", a->once, "end when the tape is played and the last client has gone");
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_twin(session, *a); }; });
}

}  // namespace delever::cli
