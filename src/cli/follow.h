// --follow: a report that is printed again as its tape grows.
#pragma once

#include <functional>
#include <string>

#include "cli/cli.h"
#include "reports/follow.h"

namespace delever::cli {

struct FollowArguments {
  bool follow = false;
  std::string every = "10s";
};
void add_follow(Verb* verb, FollowArguments& arguments);

// Feeds the tape and calls `show` when `every` has passed and something came, until the tape is
// closed or a signal ends it. A tape that stands still is said on standard error. `behind`: how far
// what is shown lies behind the wire.
using Show = std::function<Result<void>(reports::FollowedTape& tape, Duration behind)>;
enum class FollowEnd : uint8_t { closed, stopped };
Result<FollowEnd> follow(Session& session, const reports::FollowedTape::Options& options,
                         const FollowArguments& arguments, const Show& show);

// Whoever read our output went away. A verb that catches SIGPIPE, so as to leave things in order,
// ends by that signal all the same.
bool is_unread(const Error& error);
[[noreturn]] void end_unread();

}  // namespace delever::cli
