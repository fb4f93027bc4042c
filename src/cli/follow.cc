#include "cli/follow.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "net/loop.h"
#include "reports/inputs.h"

namespace delever::cli {
namespace {

constexpr uint64_t kTurn = 20'000;  // messages, before signals have their turn
constexpr Duration kTurnEvery = Duration::ms(100);
// Nothing came for so long: polls of the slowest venue come each ten seconds.
constexpr Duration kQuiet = Duration::seconds(30);

class Following {
 public:
  Following(Session& session, reports::FollowedTape& tape, Duration every, const Show& show)
      : session_(session), loop_(*session.io.clock), tape_(tape), every_(every), show_(show) {}

  Result<FollowEnd> run() {
    TRY(loop_.on_signals({SIGTERM, SIGINT, SIGPIPE}, [this](int signal) {
      unread_ = unread_ || signal == SIGPIPE;
      loop_.stop();
    }));
    heard_when_ = loop_.clock().elapsed();
    loop_.post([this] { turn(); });
    loop_.run();
    if (unread_ || (!result_.has_value() && is_unread(result_.error()))) end_unread();
    TRY(result_);
    return tape_.complete() ? FollowEnd::closed : FollowEnd::stopped;
  }

 private:
  void turn() {
    auto more = tape_.advance(kTurn);
    if (!more.has_value()) return end(std::move(more.error()));
    if (more.value()) return loop_.post([this] { turn(); });  // not caught up yet
    const Duration now = loop_.clock().elapsed();
    const bool last = tape_.complete();
    tell_quiet(now);
    const bool news = tape_.at() && tape_.at() != shown_;
    if (news && (last || !shown_ || now - shown_when_ >= every_)) {
      shown_ = tape_.at();
      shown_when_ = now;
      if (auto done = show_(tape_, loop_.clock().now() - *shown_); !done.has_value())
        return end(std::move(done));
    }
    if (last) return end({});
    looking_ = loop_.after(kTurnEvery, [this] { turn(); });
  }

  // Once, until something comes again: what is shown is then as old as it says.
  void tell_quiet(Duration now) {
    if (tape_.at() != heard_) {
      heard_ = tape_.at();
      heard_when_ = now;
      told_ = false;
    }
    if (told_ || tape_.complete() || now - heard_when_ < kQuiet) return;
    told_ = true;
    write(session_.io.err,
          fmt::format("delever: note: nothing came onto the tape for {}{}; its recorder has not "
                      "closed it, and may be gone\n",
                      kQuiet.text(),
                      heard_ ? fmt::format(", the last at {}", heard_->text()) : std::string()));
  }

  void end(Result<void> result) {
    result_ = std::move(result);
    loop_.stop();
  }

  Session& session_;
  net::Loop loop_;
  reports::FollowedTape& tape_;
  const Duration every_;
  const Show& show_;
  std::optional<Instant> shown_, heard_;
  Duration shown_when_, heard_when_;
  bool told_ = false, unread_ = false;
  net::Timer looking_;
  Result<void> result_;
};

}  // namespace

bool is_unread(const Error& error) {
  return error.where == "standard output" && error.what.ends_with(std::strerror(EPIPE));
}

void end_unread() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(128 + SIGPIPE);  // where it is blocked
}

void add_follow(Verb* verb, FollowArguments& arguments) {
  verb->add_flag("--follow", arguments.follow, "print again as the tape grows, until it is closed");
  verb->add_option("--every", arguments.every, "with --follow: time between two prints")
      ->capture_default_str();
}

Result<FollowEnd> follow(Session& session, const reports::FollowedTape::Options& options,
                         const FollowArguments& arguments, const Show& show) {
  const Duration every = TRY(reports::of_option(Duration::parse(arguments.every), "--every"));
  if (!session.out.empty() && session.out != "-")
    return Error{Fault::usage, "prints to standard output; --out is not for it", "--follow"};
  const auto tape = TRY(reports::FollowedTape::open(options));
  return Following(session, *tape, every, show).run();
}

}  // namespace delever::cli
