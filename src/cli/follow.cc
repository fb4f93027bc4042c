#include "cli/follow.h"

#include <csignal>
#include <utility>

#include "net/loop.h"
#include "reports/inputs.h"

namespace delever::cli {
namespace {

constexpr uint64_t kTurn = 20'000;  // messages, before signals have their turn
constexpr Duration kTurnEvery = Duration::ms(100);

class Following {
 public:
  Following(Session& session, reports::FollowedTape& tape, Duration every, const Show& show)
      : loop_(*session.io.clock), tape_(tape), every_(every), show_(show) {}

  Result<void> run() {
    TRY(loop_.on_signals({SIGTERM, SIGINT, SIGPIPE}, [this](int) { loop_.stop(); }));
    loop_.post([this] { turn(); });
    loop_.run();
    return std::move(result_);
  }

 private:
  void turn() {
    auto more = tape_.advance(kTurn);
    if (!more.has_value()) return end(std::move(more.error()));
    if (more.value()) return loop_.post([this] { turn(); });  // not caught up yet
    const Duration now = loop_.clock().elapsed();
    const bool last = tape_.complete();
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

  void end(Result<void> result) {
    result_ = std::move(result);
    loop_.stop();
  }

  net::Loop loop_;
  reports::FollowedTape& tape_;
  const Duration every_;
  const Show& show_;
  std::optional<Instant> shown_;
  Duration shown_when_;
  net::Timer looking_;
  Result<void> result_;
};

}  // namespace

void add_follow(Verb* verb, FollowArguments& arguments) {
  verb->add_flag("--follow", arguments.follow, "print again as the tape grows, until it is closed");
  verb->add_option("--every", arguments.every, "with --follow: time between two prints")
      ->capture_default_str();
}

Result<void> follow(Session& session, const reports::FollowedTape::Options& options,
                    const FollowArguments& arguments, const Show& show) {
  const Duration every = TRY(reports::of_option(Duration::parse(arguments.every), "--every"));
  if (!session.out.empty() && session.out != "-")
    return Error{Fault::usage, "prints to standard output; --out is not for it", "--follow"};
  const auto tape = TRY(reports::FollowedTape::open(options));
  return Following(session, *tape, every, show).run();
}

}  // namespace delever::cli
