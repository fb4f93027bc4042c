// Goal: recording a twin that plays a tape gives the tape again, message by message, for every
// venue and channel that was ever recorded beside the repository.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/source_root.h"
#include "feeds/import.h"
#include "feeds/replay.h"
#include "outside/judge_testing.h"

namespace delever::outside {
namespace {

// Messages in memory, a few milliseconds apart, whatever their own times were.
struct Recorded {
  std::vector<tape::StreamInfo> streams;
  std::vector<std::pair<tape::StreamNumber, std::string>> messages;
};

class MemoryTape final : public tape::TapeReader {
 public:
  explicit MemoryTape(const Recorded& recorded) : recorded_(recorded) {}
  const std::vector<tape::StreamInfo>& streams() const override { return recorded_.streams; }
  const std::vector<tape::TapeGap>& gaps() const override { return gaps_; }
  Result<std::optional<tape::TapeMessage>> next() override {
    if (at_ == recorded_.messages.size()) return std::optional<tape::TapeMessage>();
    const auto& [stream, bytes] = recorded_.messages[at_];
    padded_ = bytes + std::string(codec::kPadding, '\0');
    const Instant received = day_one() + Duration::ms(5) * static_cast<int64_t>(at_++);
    return std::optional(
        tape::TapeMessage{stream, received, std::string_view(padded_).substr(0, bytes.size())});
  }

 private:
  const Recorded& recorded_;
  std::vector<tape::TapeGap> gaps_;
  std::string padded_;
  size_t at_ = 0;
};

Recorded load(const std::string& path) {
  Recorded out;
  auto reader = tape::TapeReader::open(path).value();
  out.streams = reader->streams();
  while (true) {
    auto next = reader->next();
    EXPECT_TRUE(next.has_value());
    if (!next.has_value() || !next.value()) break;
    out.messages.emplace_back(next.value()->stream, next.value()->bytes);
  }
  return out;
}

// Everything that lies at most once on a tape: events by kind, instrument and venue time.
class Sums final : public feeds::ReplaySink {
 public:
  explicit Sums(std::vector<std::unique_ptr<tape::TapeReader>> tapes)
      : replay_(feeds::Replay::over(std::move(tapes), {}).value()) {
    EXPECT_TRUE(replay_->run(*this).has_value());
  }
  void on_event(const Event& event) override {
    if (std::holds_alternative<Gap>(event.payload)) return;
    const Instrument& i = replay_->instruments()[event.instrument];
    ++events[fmt::format("{} {}:{}", payload_name(event.payload), i.venue, i.name())];
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error& why) override {
    ++events["undecoded " + why.what];
  }
  std::map<std::string, uint64_t> events;

 private:
  std::unique_ptr<feeds::Replay> replay_;
};

struct Link final : feeds::Network, twin::TwinNetwork {
  void connect(ConnectionId c, const std::string& url) override {
    world.after(Duration::us(10), [this, c, url] {
      twin->accepted(c, url.substr(url.find('/', 8)), moment());
      session->connected(c, moment());
    });
  }
  void send(ConnectionId c, std::string_view text) override {
    if (from_twin) {
      world.after(Duration::us(10),
                  [this, c, t = std::string(text)] { session->received(c, t, moment()); });
    } else {
      world.after(Duration::us(10), [this, c, t = std::string(text)] {
        const Answering inside(*this);
        twin->received(c, t, moment());
      });
    }
  }
  void ping(ConnectionId c, std::string_view text) override {
    const bool theirs = from_twin;
    world.after(Duration::us(10), [this, c, theirs, t = std::string(text)] {
      if (theirs) return session->pinged(c, t, moment());
      const Answering inside(*this);
      twin->pinged(c, t, moment());
    });
  }
  void pong(ConnectionId c, std::string_view) override {
    const bool theirs = from_twin;
    world.after(Duration::us(10), [this, c, theirs] {
      theirs ? session->ponged(c, moment()) : twin->ponged(c, moment());
    });
  }
  void close(ConnectionId c, uint16_t) override { twin->closed(c, moment()); }
  void close(ConnectionId c, uint16_t, std::string_view why) override {
    world.after(Duration::us(10),
                [this, c, w = std::string(why)] { session->closed(c, w, moment()); });
  }
  void request(RequestId r, const HttpRequest& what) override {
    world.after(Duration::us(10), [this, r, what] {
      const Answering inside(*this);
      twin->requested(r, what.method, what.url.substr(what.url.find('/', 8)), what.body, moment());
    });
  }
  void respond(RequestId r, const HttpResponse& response) override {
    world.after(Duration::us(10),
                [this, r, response] { session->responded(r, response, moment()); });
  }
  // Who speaks: both sides say send and ping.
  struct Answering {
    explicit Answering(Link& l) : link(l) { link.from_twin = true; }
    ~Answering() { link.from_twin = false; }
    Link& link;
  };
  Moment moment() { return {day_one() + world.now(), world.now()}; }
  void run() {
    for (int64_t quiet = 0; quiet < 30'000 && world.now() < Duration::hours(5);) {
      {
        const Answering inside(*this);
        twin->timer(moment());
      }
      session->timer(moment());
      world.run(world.now() + Duration::ms(5));
      quiet = twin->finished() ? quiet + 1 : 0;
      if (twin->finished() && quiet == 1) world.run(world.now() + Duration::ms(5));
    }
  }
  World world;
  bool from_twin = false;
  std::unique_ptr<twin::Twin> twin;
  std::unique_ptr<Session> session;
};

struct Count {
  size_t on_tape = 0, recorded = 0, unasked = 0;
};

// A venue answers as often as it is asked: what came more often than it lies on the played tape is
// the same answer again.
void drop_repeats(const venues::Dialect& dialect, const Recorded& played, Recorded& got) {
  std::map<std::string_view, int64_t> left;
  for (const auto& message : played.messages) ++left[message.second];
  std::string scratch;
  std::erase_if(got.messages, [&](const auto& message) {
    // A book that was cut out of a day begins without a snapshot; the session asks, the twin
    // answers.
    const auto place = dialect.place(message.second);
    const bool topic = dialect.read(message.second, scratch).kind == venues::Frame::Kind::data;
    if (topic && place && place->snapshot && !left.contains(message.second)) return true;
    return !got.streams[message.first - 1].settings.contains("request")
               ? false
               : --left[message.second] < 0;
  });
}

Recorded only_topics(const venues::Dialect& dialect, Recorded from) {
  std::string scratch;
  std::erase_if(from.messages, [&](const auto& message) {
    return dialect.read(message.second, scratch).kind != venues::Frame::Kind::data;
  });
  // A recorder knows the category that an import may not.
  for (tape::StreamInfo& stream : from.streams) {
    if (!dialect.terms().category.empty()) stream.settings["category"] = dialect.terms().category;
  }
  return from;
}

// Answers by REST come in the order of asking; who asks for no snapshot gets none.
void count_answers(const venues::Dialect& dialect, const std::string& market,
                   std::vector<const std::string*>& want, std::vector<const std::string*>& have,
                   Count& count) {
  const auto less = [](const std::string* a, const std::string* b) { return *a < *b; };
  std::sort(want.begin(), want.end(), less);
  std::sort(have.begin(), have.end(), less);
  size_t at = 0;
  for (const std::string* one : want) {
    while (at < have.size() && *have[at] < *one) ++at;
    if (at < have.size() && *have[at] == *one) {
      ++count.recorded;
      ++at;
    } else if (const auto place = dialect.place(*one); place && place->snapshot) {
      ++count.unasked;
    } else {
      ADD_FAILURE() << market << ": not recorded: " << one->substr(0, 160);
    }
  }
}

// Plays it to a recorder and compares what lies on both tapes.
Count record_twin(const std::string& market, const Recorded& played) {
  const std::string path = temp_tape({.market = market, .seed = 77}, 1);
  std::filesystem::remove(path);
  Link link;
  link.twin = twin::Twin::open(
                  market,
                  [&]() -> Result<std::unique_ptr<tape::TapeReader>> {
                    return std::unique_ptr<tape::TapeReader>(new MemoryTape(played));
                  },
                  {.lifetime = Duration::days(100), .ahead = Duration::seconds(2)}, link)
                  .value();
  auto dialect = venues::make_dialect(market).value();
  ManualClock clock(day_one());
  auto writer = tape::TapeWriter::open_stepped(path, clock, {}).value();
  feeds::TapeRecording recording(*writer);
  venues::Plan plan = link.twin->plan();
  for (venues::Topic& topic : plan.topics) topic.silence.reset();
  for (venues::Poll& poll : plan.polls) poll.every = Duration::ms(200);
  link.session = std::make_unique<Session>(
      *dialect, plan, Session::Options{.lifetime = Duration::days(100)}, link, recording);
  EXPECT_TRUE(link.session->start(link.moment()).has_value());
  link.run();
  link.session->stop(link.moment());
  EXPECT_TRUE(link.twin->finished()) << market;
  EXPECT_TRUE(writer->close().has_value());
  Recorded got = load(path);
  drop_repeats(*dialect, played, got);

  // Every message of the played tape that a venue sends; the answers to another client are not.
  Count count;
  std::map<std::string, std::vector<const std::string*>> want, have;
  std::string scratch;
  const auto sort = [&](const Recorded& from, auto& into) {
    for (const auto& [stream, bytes] : from.messages) {
      const venues::Frame frame = dialect->read(bytes, scratch);
      using Kind = venues::Frame::Kind;
      if (frame.kind == Kind::data) {
        into[std::string(frame.topic)].push_back(&bytes);
      } else if (frame.kind == Kind::unknown) {
        into["no topic"].push_back(&bytes);
      }
    }
  };
  sort(played, want);
  sort(got, have);
  for (auto& [key, messages] : want) {
    auto& found = have[key];
    count.on_tape += messages.size();
    if (key == "no topic") {
      count_answers(*dialect, market, messages, found, count);
      continue;
    }
    size_t same = 0;
    while (same < messages.size() && same < found.size() && *messages[same] == *found[same]) ++same;
    count.recorded += same;
    EXPECT_EQ(same, messages.size()) << market << " " << key << " of " << found.size();
    EXPECT_EQ(found.size(), messages.size()) << market << " " << key;
  }
  for (const auto& [key, messages] : have) {
    if (key != "no topic") { EXPECT_TRUE(want.contains(key)) << market << " " << key; }
  }
  std::vector<std::unique_ptr<tape::TapeReader>> one, two;
  // Answers by REST are compared by their bytes above; how often they were asked for is ours.
  const Recorded told = only_topics(*dialect, played), heard = only_topics(*dialect, got);
  one.push_back(std::make_unique<MemoryTape>(told));
  two.push_back(std::make_unique<MemoryTape>(heard));
  const Sums before(std::move(one)), after(std::move(two));
  for (const auto& [name, n] : before.events) {
    const auto found = after.events.find(name);
    const uint64_t m = found == after.events.end() ? 0 : found->second;
    if (name.starts_with("book_snapshot") || name.starts_with("undecoded")) continue;
    EXPECT_EQ(m, n) << market << " " << name;
  }
  std::filesystem::remove(path);
  return count;
}

Recorded import(const std::vector<std::string>& files, const codec::StreamSettings& settings) {
  const std::string path = temp_tape({.market = "import", .seed = 78}, 1);
  std::filesystem::remove(path);
  ManualClock clock(day_one());
  auto writer = tape::TapeWriter::open_stepped(path, clock, {}).value();
  for (const std::string& file : files) {
    feeds::ImportOptions options;
    options.lenient = true;
    options.settings = settings;
    options.received = day_one();
    const bool raw = file.find("/l2/") != file.npos;
    (void)feeds::import_files(raw ? feeds::ImportFormat::raw : feeds::ImportFormat::jsonl, {file},
                              options, *writer);
  }
  EXPECT_TRUE(writer->close().has_value());
  Recorded out = load(path);
  std::filesystem::remove(path);
  return out;
}

// Bybit's categories are markets of their own; what names none is taken for linear.
Recorded of_category(Recorded recorded, std::string_view market) {
  if (!market.starts_with("bybit:")) return recorded;
  std::erase_if(recorded.messages, [&](const auto& message) {
    const auto& settings = recorded.streams[message.first - 1].settings;
    const auto found = settings.find("category");
    return (found == settings.end() ? "linear" : found->second) != market.substr(6);
  });
  return recorded;
}

TEST(Identity, EveryVenueOfTheWire) {
  const std::string wire = source_root() + "/../shared/wire/";
  if (!std::filesystem::is_directory(wire)) GTEST_SKIP() << "absent: ../shared/wire";
  const std::vector<std::pair<std::string, std::string>> markets{
      {"binance-usdm", "binance-usdm"},
      {"binance-coinm", "binance-coinm"},
      {"binance-spot", "binance-spot"},
      {"binance-eoptions", "binance-eoptions"},
      {"bybit", "bybit:linear"},
      {"bybit", "bybit:inverse"},
      {"bybit", "bybit:option"},
      {"bybit-spot", "bybit:spot"},
      {"okx", "okx"},
      {"okx-spot", "okx"},
      {"deribit", "deribit"},
      {"hyperliquid", "hyperliquid"}};
  for (const auto& [folder, market] : markets) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(wire + folder)) {
      const std::string file = entry.path().string();
      if (file.ends_with(".jsonl") && file.find("expected-") == file.npos) files.push_back(file);
    }
    std::sort(files.begin(), files.end());
    const Count count = record_twin(market, of_category(import(files, {}), market));
    EXPECT_EQ(count.recorded + count.unasked, count.on_tape);
    std::printf("%s: %zu files, %zu messages, %zu snapshots that nobody asked for\n",
                market.c_str(), files.size(), count.on_tape, count.unasked);
    EXPECT_GT(count.on_tape, 0U) << folder;
  }
}

TEST(Identity, EveryBookOfTheDay) {
  const std::string l2 = source_root() + "/../shared/data/l2/";
  if (!std::filesystem::is_directory(l2)) GTEST_SKIP() << "absent: ../shared/data/l2";
  for (const auto& [file, market] : std::vector<std::pair<std::string, std::string>>{
           {"binance_usdm_btcusdt_20240808.gz", "binance-usdm"},
           {"binance_cm_btcusd_perp_20240808.gz", "binance-coinm"},
           {"binance_spot_btcusdt_20240808.gz", "binance-spot"}}) {
    const Recorded played = import({l2 + file}, {});
    ASSERT_GT(played.messages.size(), 1000U) << file;
    const Count count = record_twin(market, played);
    EXPECT_EQ(count.recorded + count.unasked, count.on_tape) << file;
    std::printf("%s: %zu messages, %zu snapshots that nobody asked for\n", file.c_str(),
                count.on_tape, count.unasked);
  }
}

}  // namespace
}  // namespace delever::outside
