#include "twin/twin.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "twin/played.h"

namespace delever::twin {
namespace {

constexpr size_t kAheadBytes = size_t{64} << 20;
constexpr size_t kUnservedMax = 64;
constexpr size_t kPlayAtOnce = 4096;  // messages of one timer

}  // namespace

Result<void> PlayedTwin::begin() {
  dialect_ = TRY(venues::make_dialect(market_));
  front_ = TRY(make_front(market_));
  {
    auto scan = TRY(open_());
    TRY(scan_tape(*scan));
  }
  tape_ = TRY(open_());
  for (const tape::StreamInfo& info : tape_->streams()) {
    auto decoder = venues::make_decoder(info.decoder, info.settings, instruments_, 0);
    decoders_.push_back(decoder.has_value() ? std::move(decoder).value() : nullptr);
  }
  return {};
}

// What the tape has: its topics, the answers it holds, its first time.
Result<void> PlayedTwin::scan_tape(tape::TapeReader& tape) {
  const venues::Terms& terms = dialect_->terms();
  for (const tape::StreamInfo& info : tape.streams()) {
    const auto category = info.settings.find("category");
    const bool ours = info.decoder == terms.market &&
                      (terms.category.empty() || category == info.settings.end() ||
                       category->second == terms.category);
    const auto request = info.settings.find("request");
    const auto symbol = info.settings.find("symbol");
    streams_.push_back({.ours = ours,
                        .request = request == info.settings.end() ? "" : request->second,
                        .symbol = symbol == info.settings.end() ? "" : symbol->second});
  }
  std::set<std::string> polls;
  while (const auto message = TRY(tape.next())) {
    if (!first_) first_ = message->received;
    const StreamSide& side = streams_[message->stream - 1];
    if (!side.ours) continue;
    if (!side.request.empty()) {
      polls.insert(side.request);
      continue;
    }
    const venues::Frame frame = dialect_->read(message->bytes, scratch_);
    if (frame.kind != venues::Frame::Kind::data || topics_.contains(frame.topic)) continue;
    add_topic(frame.topic);
  }
  for (const std::string& request : polls) {
    bool& snapshot = answers_[request].snapshot;
    snapshot = std::any_of(plan_.topics.begin(), plan_.topics.end(),
                           [&](const auto& t) { return t.snapshot == request; });
    if (!snapshot)
      plan_.polls.push_back({.request = request,
                             .channel = request.substr(0, request.find('?')),
                             .every = Duration::seconds(5)});
  }
  return {};
}

// Keys are short names of topics.
void PlayedTwin::add_topic(std::string_view key) {
  auto topic = dialect_->topic(key);
  if (!topic.has_value() || topic.value().key != key) return;
  plan_.topics.push_back(topic.value());
  topics_.emplace(std::string(key), TopicSide{.topic = std::move(topic).value()});
}

// Reads ahead within bounds, and counts which answers are on their way.
bool PlayedTwin::fill() {
  const Instant until = position() + options_.ahead;
  while (!at_end_ &&
         (ahead_.empty() || (ahead_.back().at <= until && ahead_bytes_ < kAheadBytes))) {
    auto next = tape_->next();
    if (!next.has_value() || !next.value()) {
      at_end_ = true;
      break;
    }
    const tape::TapeMessage& message = *next.value();
    const StreamSide& side = streams_[message.stream - 1];
    if (!side.ours) continue;
    Due due{
        .at = message.received, .stream = message.stream - 1, .bytes = std::string(message.bytes)};
    due.request = request_of(side, due.bytes);
    if (!due.request.empty()) ++answers_[due.request].ahead;
    ahead_bytes_ += due.bytes.size();
    ahead_.push_back(std::move(due));
  }
  return !ahead_.empty();
}

// A snapshot among the messages of a stream was asked for by REST: it is of the stream's symbol, or
// of the one book there is.
std::string PlayedTwin::request_of(const StreamSide& side, std::string_view bytes) const {
  if (!side.request.empty()) return side.request;
  std::string scratch;
  if (dialect_->read(bytes, scratch).kind == venues::Frame::Kind::data) return {};
  const auto place = dialect_->place(bytes);
  if (!place || !place->snapshot) return {};
  std::string found;
  for (const venues::Topic& topic : plan_.topics) {
    if (topic.cure != venues::Cure::rest_snapshot) continue;
    if (!side.symbol.empty() && topic.symbol == side.symbol) return topic.snapshot;
    if (!found.empty() && found != topic.snapshot) return {};
    found = topic.snapshot;
  }
  return found;
}

// Where the tape stands.
Instant PlayedTwin::position() const {
  if (!playing_since_ || !first_) return first_.value_or(Instant());
  const double passed = static_cast<double>((now_.elapsed - *playing_since_).ns()) * options_.speed;
  return *first_ + Duration::ns(static_cast<int64_t>(passed));
}

// When the clock must stand so that the tape stands at `at`.
Duration PlayedTwin::clock_of(Instant at) const {
  const double passed = static_cast<double>((at - *first_).ns()) / options_.speed;
  return *playing_since_ + Duration::ns(static_cast<int64_t>(passed) + 1);
}

// All that is due, a bounded number at once.
void PlayedTwin::play() {
  if (!playing_since_ && play_at_ && now_.elapsed >= *play_at_) playing_since_ = now_.elapsed;
  if (!playing_since_) return;
  size_t played = 0;
  while (played < kPlayAtOnce && fill() && ahead_.front().at <= position()) {
    Due due = std::move(ahead_.front());
    ahead_.pop_front();
    ahead_bytes_ -= due.bytes.size();
    ++played;
    if (due.request.empty()) {
      send_message(due);
    } else {
      play_answer(due);
    }
  }
}

void PlayedTwin::send_message(const Due& due) {
  const venues::Frame frame = dialect_->read(due.bytes, scratch_);
  if (frame.kind == venues::Frame::Kind::unknown) {
    // What no topic names goes to whoever has been here longest.
    if (!clients_.empty()) send(clients_.begin()->second, due.bytes);
    return;
  }
  if (frame.kind != venues::Frame::Kind::data) return;  // answers to another client
  const auto found = topics_.find(frame.topic);
  if (found == topics_.end()) {
    if (!clients_.empty()) send(clients_.begin()->second, due.bytes);
    return;
  }
  TopicSide& side = found->second;
  if (side.topic.cure != venues::Cure::none) decode(due, &side);
  if (!exists(side.topic.key)) return;
  for (auto& [id, client] : clients_) {
    if (client.topics.contains(side.topic.key)) send(client, due.bytes);
  }
}

// To whoever waits for it; else kept for whoever asks later.
void PlayedTwin::play_answer(const Due& due) {
  Answers& answers = answers_[due.request];
  --answers.ahead;
  decode(due, nullptr);
  answers.latest = due.bytes;
  answers.served = false;
  if (answers.waiting.empty()) {
    if (!answers.snapshot) answers.unserved.push_back(due.bytes);
    if (answers.unserved.size() > kUnservedMax) answers.unserved.pop_front();
    return;
  }
  // One that waits gets one answer; the others wait for the next.
  const RequestId id = answers.waiting.front();
  answers.waiting.erase(answers.waiting.begin());
  answers.served = true;
  network_.respond(id, {.status = 200, .headers = headers(), .body = due.bytes});
}

// Keeps the books, for what a client asks in the middle.
void PlayedTwin::decode(const Due& due, TopicSide* side) {
  if (!decoders_[due.stream]) return;
  padded_.assign(due.bytes);
  padded_.append(codec::kPadding, '\0');
  sink_.side = side;
  decoders_[due.stream]->decode({std::string_view(padded_).substr(0, due.bytes.size()), due.at},
                                sink_);
}

// On the tape, and listed by now.
bool PlayedTwin::exists(std::string_view key) const {
  const auto listed = options_.listed.find(key);
  if (listed == options_.listed.end()) return topics_.contains(key);
  return playing_since_ && now_.elapsed >= *playing_since_ + listed->second &&
         topics_.contains(key);
}

// Missing while the tape has not shown enough of it.
const codec::Book* PlayedTwin::book_of(const TopicSide& side) const {
  return side.instrument ? books_.book(*side.instrument, side.chain) : nullptr;
}

void PlayedTwin::send(Client& client, std::string_view text) {
  client.sent = now_.elapsed;
  network_.send(client.id, text);
}

// From here on the client has its lifetime.
void PlayedTwin::accepted(ConnectionId connection, std::string_view target, Moment now) {
  now_ = now;
  Client& client = clients_[connection];
  client.id = connection;
  client.target = target;
  client.since = client.sent = client.heard = client.ping_at = now.elapsed;
  const auto every = options_.ping_every ? options_.ping_every : front_->habits().ping_every;
  if (every) client.ping_at = now.elapsed + *every;
}

void PlayedTwin::received(ConnectionId connection, std::string_view frame, Moment now) {
  now_ = now;
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.heard = now.elapsed;
  const Ask ask = front_->read(frame);
  if (!within_limits(client)) return;
  switch (ask.kind) {
    case Ask::Kind::ping:
      return send(client, front_->pong(ask));
    case Ask::Kind::alive:
      client.asked_alive.reset();
      return send(client, front_->answer(ask, {})[0]);
    case Ask::Kind::heartbeat:
      client.heartbeat = ask.interval;
      client.heartbeat_at = now.elapsed + ask.interval;
      return send(client, front_->answer(ask, {})[0]);
    case Ask::Kind::subscribe:
    case Ask::Kind::unsubscribe:
      return subscribe(client, ask);
    case Ask::Kind::other:
      for (const std::string& text : front_->answer(ask, {})) send(client, text);
  }
}

// Some fifteen requests in a second pass; the next one costs the connection.
bool PlayedTwin::within_limits(Client& client) {
  client.asked.push_back(now_.elapsed);
  while (client.asked.front() + Duration::seconds(1) <= now_.elapsed) client.asked.pop_front();
  const int burst = front_->habits().requests_burst;
  if (burst == 0 || client.asked.size() <= static_cast<size_t>(burst)) return true;
  drop(client.id, venues::kClosePolicy, "Too many requests");
  return false;
}

// Acknowledged first, then what a subscription begins with, then what is played.
void PlayedTwin::subscribe(Client& client, const Ask& ask) {
  const Habits& habits = front_->habits();
  std::vector<std::string> keys;
  std::vector<bool> exists;
  for (const std::string& name : ask.names) {
    auto topic = dialect_->topic(name);
    keys.push_back(topic.has_value() ? topic.value().key : name);
    exists.push_back(this->exists(keys.back()));
  }
  const bool refused = habits.whole_refused && !habits.takes_anything &&
                       std::find(exists.begin(), exists.end(), false) != exists.end();
  for (const std::string& text : front_->answer(ask, exists)) send(client, text);
  if (refused) return;
  bool news = false;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (ask.kind == Ask::Kind::unsubscribe) {
      client.topics.erase(keys[i]);
      continue;
    }
    if (!exists[i] && !habits.takes_anything) continue;
    if (!client.topics.insert(keys[i]).second) continue;
    news = true;
    const auto side = topics_.find(keys[i]);
    if (side == topics_.end() || !exists[i]) continue;
    if (const codec::Book* book = book_of(side->second)) {
      const std::string text = front_->snapshot(side->second.topic, *book);
      if (!text.empty()) send(client, text);
    }
  }
  if (habits.topics_max != 0 && client.topics.size() > habits.topics_max) {
    send(client, R"({"error":{"code":4,"msg":"Too many subscriptions"}})");
    return drop(client.id, venues::kClosePolicy, "Invalid request");
  }
  if (news && !playing_since_) play_at_ = now_.elapsed + options_.settle;
}

// Whatever it asked for goes with it.
void PlayedTwin::drop(ConnectionId id, uint16_t code, std::string_view why) {
  clients_.erase(id);
  network_.close(id, code, why);
}

void PlayedTwin::pinged(ConnectionId connection, std::string_view payload, Moment now) {
  now_ = now;
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return;
  found->second.heard = found->second.sent = now.elapsed;
  network_.pong(connection, payload);
}

void PlayedTwin::ponged(ConnectionId connection, Moment now) {
  now_ = now;
  if (const auto found = clients_.find(connection); found != clients_.end()) {
    found->second.heard = now.elapsed;
    found->second.pinged.reset();
  }
}

void PlayedTwin::closed(ConnectionId connection, Moment now) {
  now_ = now;
  clients_.erase(connection);
}

std::vector<std::pair<std::string, std::string>> PlayedTwin::headers() const {
  std::vector<std::pair<std::string, std::string>> out{{"Content-Type", "application/json"}};
  const std::string& used = dialect_->terms().rest.used_header;
  if (!used.empty()) out.emplace_back(used, std::to_string(weight_used_));
  return out;
}

void PlayedTwin::requested(RequestId request, std::string_view method, std::string_view target,
                           std::string_view body, Moment now) {
  now_ = now;
  if (!within_weight(request)) return;
  const std::string what(method == "POST" ? body : target);
  const auto known = answers_.find(what);
  if (known != answers_.end() && !known->second.unserved.empty()) {
    const std::string answer = std::move(known->second.unserved.front());
    known->second.unserved.pop_front();
    known->second.served = true;
    return network_.respond(request, {.status = 200, .headers = headers(), .body = answer});
  }
  if (known != answers_.end() && known->second.ahead > 0 && playing_since_) {
    known->second.waiting.push_back(request);
    return;
  }
  const bool unserved =
      known != answers_.end() && !known->second.latest.empty() && !known->second.served;
  for (auto& [key, side] : topics_) {
    if (side.topic.snapshot != what || unserved) continue;
    const codec::Book* book = book_of(side);
    const std::string text = book == nullptr ? "" : front_->rest_book(side.topic, *book);
    if (!text.empty())
      return network_.respond(request, {.status = 200, .headers = headers(), .body = text});
    if (known == answers_.end())
      return network_.respond(
          request,
          {.status = 503, .headers = headers(), .body = R"({"code":-1001,"msg":"no book yet"})"});
  }
  if (known != answers_.end() && !known->second.latest.empty()) {
    known->second.served = true;
    return network_.respond(request,
                            {.status = 200, .headers = headers(), .body = known->second.latest});
  }
  if (known != answers_.end() && !at_end_) {  // it is on the tape, later
    known->second.waiting.push_back(request);
    return;
  }
  network_.respond(
      request,
      {.status = 400, .headers = headers(), .body = R"({"code":-1121,"msg":"Invalid symbol."})"});
}

// One pool a minute; beyond it 429, and a ban for those who go on.
bool PlayedTwin::within_weight(RequestId request) {
  const venues::RestTerms& terms = dialect_->terms().rest;
  if (weight_since_ + terms.window <= now_.elapsed) {
    weight_since_ = now_.elapsed;
    weight_used_ = 0;
    refused_ = 0;
  }
  ++weight_used_;
  const bool over = terms.weight_max != 0 && weight_used_ > terms.weight_max;
  if (now_.elapsed >= banned_until_ && !over) return true;
  if (over && ++refused_ > 20) banned_until_ = now_.elapsed + Duration::minutes(2);
  const bool banned = now_.elapsed < banned_until_;
  const Duration left =
      banned ? banned_until_ - now_.elapsed : weight_since_ + terms.window - now_.elapsed;
  auto all = headers();
  all.emplace_back("Retry-After", std::to_string(left.ns() / 1'000'000'000 + 1));
  network_.respond(request, {.status = banned ? 418 : 429,
                             .headers = std::move(all),
                             .body = R"({"code":-1003,"msg":"Too many requests."})"});
  return false;
}

void PlayedTwin::restart(Moment now) {
  now_ = now;
  while (!clients_.empty())
    drop(clients_.begin()->first, venues::kCloseGoingAway, "service restart");
}

void PlayedTwin::ban(Duration length, Moment now) {
  now_ = now;
  banned_until_ = now.elapsed + length;
}

void PlayedTwin::spoken_for(ConnectionId connection, Moment now) {
  now_ = now;
  if (const auto found = clients_.find(connection); found != clients_.end())
    found->second.sent = now.elapsed;
}

void PlayedTwin::timer(Moment now) {
  now_ = now;
  play();
  std::vector<ConnectionId> ids;
  for (const auto& entry : clients_) ids.push_back(entry.first);
  for (const ConnectionId id : ids) {
    if (const auto found = clients_.find(id); found != clients_.end()) sweep(found->second);
  }
}

// Who is too old, too silent, or does not answer is thrown out, as the venue does.
void PlayedTwin::sweep(Client& client) {
  const Habits& habits = front_->habits();
  const auto since = [&](Duration at) { return now_.elapsed - at; };
  const auto lifetime = options_.lifetime ? options_.lifetime : dialect_->terms().lifetime;
  if (lifetime && since(client.since) >= *lifetime)
    return drop(client.id, venues::kCloseNormal, "lifetime");
  if (client.pinged && since(*client.pinged) >= habits.pong_within)
    return drop(client.id, venues::kClosePolicy, "no pong");
  if (client.asked_alive && since(*client.asked_alive) >= client.heartbeat)
    return drop(client.id, venues::kClosePolicy, "no answer to test_request");
  if (habits.silent_close && since(std::max(client.heard, client.sent)) >= *habits.silent_close)
    return drop(client.id, venues::kClosePolicy, "idle");
  if (habits.unsent_close && since(client.sent) >= *habits.unsent_close)
    return drop(client.id, venues::kClosePolicy, "idle");
  const auto every = options_.ping_every ? options_.ping_every : habits.ping_every;
  if (every && now_.elapsed >= client.ping_at) {
    if (!client.pinged) client.pinged = now_.elapsed;
    client.ping_at = now_.elapsed + *every;
    network_.ping(client.id, std::to_string(now_.at.ms()));
  }
  if (client.heartbeat > Duration() && now_.elapsed >= client.heartbeat_at) {
    client.heartbeat_at = now_.elapsed + client.heartbeat;
    if (!client.asked_alive) client.asked_alive = now_.elapsed;
    send(client, front_->heartbeat());
  }
}

std::optional<Duration> PlayedTwin::wake_at() const {
  std::optional<Duration> wake;
  const auto at = [&](Duration when) { wake = wake ? std::min(*wake, when) : when; };
  if (!playing_since_ && play_at_) at(*play_at_);
  if (playing_since_ && !ahead_.empty()) at(clock_of(ahead_.front().at));
  if (playing_since_ && ahead_.empty() && !at_end_) at(now_.elapsed);
  const Habits& habits = front_->habits();
  const auto lifetime = options_.lifetime ? options_.lifetime : dialect_->terms().lifetime;
  const auto every = options_.ping_every ? options_.ping_every : habits.ping_every;
  for (const auto& [id, client] : clients_) {
    if (lifetime) at(client.since + *lifetime);
    if (every) at(client.ping_at);
    if (client.pinged) at(*client.pinged + habits.pong_within);
    if (client.heartbeat > Duration()) at(client.heartbeat_at);
    if (client.asked_alive) at(*client.asked_alive + client.heartbeat);
    if (habits.silent_close) at(std::max(client.heard, client.sent) + *habits.silent_close);
    if (habits.unsent_close) at(client.sent + *habits.unsent_close);
  }
  return wake;
}

Result<std::unique_ptr<Twin>> Twin::open(std::string_view market, const OpenTape& tape,
                                         Options options, TwinNetwork& network) {
  if (!(options.speed > 0)) return Error{Fault::refused, "a speed is above 0"};
  auto twin = std::make_unique<PlayedTwin>(std::string(market), tape, options, network);
  TRY(twin->begin());
  return std::unique_ptr<Twin>(std::move(twin));
}

}  // namespace delever::twin
