// What a session asks by REST: the snapshots that books stand on, one at a time, and polls; within
// the venue's weights, and not at all while it says so.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "feeds/session_state.h"
#include "venues/terms/scan.h"

namespace delever::feeds {
namespace {

constexpr Duration kAnswerWithin = Duration::seconds(30);
constexpr size_t kPollsAtOnce = 4;
constexpr size_t kPagesMost = 200;

}  // namespace

// At most half of the pool, for other programs share it; one request is always possible.
bool Session::State::spend(int weight) {
  auto& spent = rest.spent;
  while (!spent.empty() && spent.front().first + terms.rest.window <= now.elapsed)
    spent.pop_front();
  int sum = weight;
  for (const auto& entry : spent) sum += entry.second;
  if (terms.rest.weight_max != 0 && !spent.empty() && sum > terms.rest.weight_max / 2) {
    (void)due(spent.front().first + terms.rest.window);
    return false;
  }
  spent.emplace_back(now.elapsed, weight);
  return true;
}

void Session::State::ask_rest(const std::string& what, bool is_poll, size_t index, int) {
  const RequestId id{++last_request};
  rest.asked[id] = {is_poll, index, now.elapsed + kAnswerWithin};
  ++counts.requests;
  HttpRequest request;
  if (what.starts_with('/')) {
    request.url = address(terms.rest.base + what);
  } else {
    request.method = "POST";
    request.url = address(terms.rest.base + terms.rest.post_path);
    request.body = what;
  }
  network.request(id, request);
}

void Session::State::pump() {
  std::vector<RequestId> overdue;
  for (const auto& [id, asked] : rest.asked) {
    if (due(asked.until)) overdue.push_back(id);
  }
  for (const RequestId id : overdue)
    on_failure(id, fmt::format("no answer within {}", kAnswerWithin.text()));
  if (!due(rest.blocked_until)) return;
  for (size_t i = 0; i < topics.size(); ++i) {
    TopicState& t = topics[i];
    if (t.topic->cure != Cure::rest_snapshot || !t.book.wanted || t.book.asked) continue;
    if (t.heard_on == kNoConnection || !due(t.book.try_at)) continue;
    if (rest.snapshots_asked > 0) break;  // its answer brings us back here
    if (!spend(t.topic->snapshot_weight)) break;
    t.book.asked = true;
    ++rest.snapshots_asked;
    ask_rest(t.topic->snapshot, false, i, t.topic->snapshot_weight);
  }
  for (size_t i = 0; i < polls.size(); ++i) {
    PollState& poll = polls[i];
    if (poll.asked || !due(poll.due)) continue;
    if (rest.asked.size() >= kPollsAtOnce + rest.snapshots_asked) break;
    if (!spend(plan.polls[i].weight)) break;
    poll.asked = true;
    ask_rest(poll.page.empty() ? plan.polls[i].request : poll.page, true, i, plan.polls[i].weight);
  }
}

// How long an answer asks us to keep away; zero: it does not.
Duration Session::State::pause_asked(const HttpResponse& response) const {
  const bool banned = response.status == 418 || response.status == 403;
  const std::optional<Duration> told = response.retry_after(now.at);
  if (response.status == 503 && told) return std::min(*told, Duration::hours(1));
  if (!banned && response.status != 429) return {};
  if (told) return std::min(*told, Duration::days(7));
  return banned ? terms.rest.ban : terms.rest.pause;
}

void Session::State::on_response(RequestId id, const HttpResponse& response) {
  const auto found = rest.asked.find(id);
  if (found == rest.asked.end()) return;  // came too late
  const std::string why = dialect.refusal(response);
  if (const Duration pause = pause_asked(response); pause > Duration()) {
    // A shorter word that comes later does not end a ban.
    rest.blocked_until = std::max(rest.blocked_until, now.elapsed + pause);
    rest.blocked_why = why;
    note(fmt::format("REST: {}; nothing is asked for {}", why,
                     (rest.blocked_until - now.elapsed).text()));
  }
  if (!terms.rest.used_header.empty()) {
    const auto used = read_int(response.header(terms.rest.used_header));
    if (used && *used > terms.rest.weight_max * 3 / 4)
      rest.blocked_until = std::max(rest.blocked_until, now.elapsed + terms.rest.window);
  }
  if (!why.empty()) return on_failure(id, why);
  const AskedRequest asked = found->second;
  rest.asked.erase(found);
  if (!asked.is_poll) {
    --rest.snapshots_asked;
    return on_snapshot(topics[asked.index], response.body);
  }
  PollState& poll = polls[asked.index];
  poll.asked = false;
  poll.failures = 0;
  turn_page(poll, plan.polls[asked.index], response.body);
  if (!recording.record(poll.stream, stamp, response.body)) {
    ++counts.no_room;
    recording.gap(poll.stream, stamp, stamp, kNoRoom);
    return;
  }
  if (poll.gap.cause != Silence::none)
    recording.gap(poll.stream, poll.gap.from, std::max(poll.gap.from, stamp), poll.gap.reason);
  poll.gap = {};
  poll.last_stamp = stamp;
  ++counts.messages;
  counts.bytes += response.body.size();
  counts.last_message = stamp;
}

// What comes in pages is asked for to its end, each page a message of the poll's stream.
void Session::State::turn_page(PollState& poll, const Poll& what, std::string_view body) {
  const std::string& last = poll.page.empty() ? what.request : poll.page;
  std::string next = dialect.next_page(last, body);
  if (next == last || ++poll.pages >= kPagesMost) next.clear();
  poll.page = std::move(next);
  if (poll.page.empty()) poll.pages = 0;
  poll.due = poll.page.empty() ? now.elapsed + what.every : now.elapsed;
}

// The snapshot must reach what was heard since: else it is older than the first of it.
void Session::State::on_snapshot(TopicState& t, std::string_view body) {
  BookState& book = t.book;
  const auto place = dialect.place(body);
  if (!book.wanted) return;  // the connection it was for is gone
  if (!place || !place->snapshot) {
    note(fmt::format("{}: not a snapshot: {}", t.topic->snapshot, body.substr(0, 100)));
    return want_cure(t);
  }
  if (!recording.record(t.snapshot_stream, stamp, body)) {
    ++counts.no_room;
    return want_cure(t);
  }
  ++counts.messages;
  counts.bytes += body.size();
  counts.last_message = stamp;
  const uint64_t base = place->last;
  auto& waiting = book.waiting;
  while (!waiting.empty() && !dialect.bridges(waiting.front(), base) &&
         waiting.front().last <= base)
    waiting.pop_front();
  if (!waiting.empty() && !dialect.bridges(waiting.front(), base)) return want_cure(t);
  if (!is_sound(t, *place, body, stamp)) {
    waiting.clear();
    return want_cure(t);
  }
  book.wanted = book.asked = false;
  book.healed_at = now.elapsed;
  if (waiting.empty()) {
    book.base = base;
  } else {
    book.in_step = true;
    waiting.clear();
  }
}

void Session::State::on_failure(RequestId id, std::string_view why) {
  const auto found = rest.asked.find(id);
  if (found == rest.asked.end()) return;
  const AskedRequest asked = found->second;
  rest.asked.erase(found);
  ++counts.requests_failed;
  fail_request(asked, why);
}

void Session::State::fail_request(const AskedRequest& asked, std::string_view why) {
  if (!asked.is_poll) {
    --rest.snapshots_asked;
    TopicState& t = topics[asked.index];
    note_of(t.topic->snapshot, why);
    t.book.tries = std::max(t.book.tries, 1);
    if (t.book.wanted) want_cure(t);
    return;
  }
  PollState& poll = polls[asked.index];
  const Poll& what = plan.polls[asked.index];
  poll.asked = false;
  ++poll.failures;
  poll.due = now.elapsed + std::min(what.every, backoff(poll.failures));
  if (poll.failures == 1) note_of(what.request, why);
  if (poll.gap.cause != Silence::none) return;
  poll.gap = {Silence::connection,
              poll.last_stamp == Instant::min() ? stamp : poll.last_stamp + kTick,
              std::string(why.empty() ? kNoReason : why.substr(0, 200))};
  ++counts.gaps;
}

}  // namespace delever::feeds
