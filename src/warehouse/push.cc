#include "warehouse/push.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "feeds/event_row.h"
#include "feeds/instrument_names.h"
#include "feeds/replay.h"
#include "tape/database.h"
#include "tape/inspect.h"
#include "warehouse/binary_rows.h"
#include "warehouse/clickhouse.h"

namespace delever::warehouse {
namespace {

constexpr size_t kKinds = std::variant_size_v<EventPayload>;

// What the server has of one batch of one tape.
struct There {
  uint64_t rows = 0;
  int64_t first_ns = 0, last_ns = 0;  // receipt
};

// A table's parts are by month, and what is in one of them is written whole or not at all: so is a
// batch that is of one month. Most events are of the day of the one before.
class Months {
 public:
  std::string_view of(Instant received) {
    const uint16_t day = day_of(received);
    if (month_.empty() || day != day_) month_ = received.text().substr(0, 7);
    day_ = day;
    return month_;
  }

 private:
  uint16_t day_ = 0;
  std::string month_;
};

struct Kind {
  std::string name;
  std::unique_ptr<BinaryRows> rows;
  RowPlace place;
  std::vector<ColumnInfo> columns;
  bool made = false, wanted = true;
  std::string month;                // "2026-01", of the batch
  std::vector<Instant> received;    // by row
  std::map<uint32_t, There> there;  // by batch
  PushedKind pushed;
};

std::string column_names(const Kind& kind) {
  std::string out;
  for (const ColumnInfo& c : kind.columns) out += (out.empty() ? "" : ", ") + ("`" + c.name + "`");
  return out;
}

class Pusher final : public feeds::ReplaySink {
 public:
  Pusher(ClickHouse& server, const PushOptions& options) : server_(server), options_(options) {
    feeds::each_event_kind([&](size_t i, const EventPayload& payload) {
      Kind& kind = kinds_[i];
      kind.name = kind.pushed.kind = std::string(payload_name(payload));
      kind.wanted = options_.kinds.empty() || options_.kinds.contains(kind.name);
      kind.rows = std::make_unique<BinaryRows>(
          kind.place, [this](std::string_view column, int32_t code) -> std::string_view {
            if (!replay_) return {};
            if (column == "source") return replay_->sources()[static_cast<size_t>(code)].name;
            return names_.of(static_cast<InstrumentId>(static_cast<uint32_t>(code)),
                             replay_->instruments());
          });
      const Event event;
      std::optional<Error> none;
      std::visit(feeds::EventRow<BinaryRows>{*kind.rows, event, true, none}, payload);
      kind.columns = kind.rows->take_columns();
    });
  }

  Result<void> tape(const std::string& path) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    if (info.blocks == 0) return {};
    const std::string mark = TRY(tape_mark(path));
    // Of one that is being written, only what no later block can come before.
    replay_ = TRY(feeds::Replay::open({path}, {.follow = !info.closed}));
    names_ = {};
    message_ = 0;
    for (Kind& kind : kinds_) {
      kind.place = {.tape = mark};
      kind.there.clear();
      kind.month.clear();
      if (kind.made) TRY(count_there(kind));
    }
    while (TRY(replay_->step(*this))) {
      ++message_;
      if (failed_) return *failed_;
      if (options_.progress && message_ % 50'000 == 0) options_.progress(path, message_);
    }
    for (Kind& kind : kinds_) TRY(cut(kind));
    TRY(landed());
    report_.messages += message_;
    return {};
  }

  void on_event(const Event& event) override {
    Kind& kind = kinds_[event.payload.index()];
    if (!kind.wanted || failed_) return;
    if (auto put = add(kind, event); !put.has_value()) failed_ = std::move(put.error());
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {
    ++report_.undecoded;
  }

  PushReport report() {
    for (Kind& kind : kinds_) {
      if (kind.pushed.rows > 0) report_.kinds.push_back(kind.pushed);
    }
    return std::move(report_);
  }

 private:
  Result<void> add(Kind& kind, const Event& event) {
    const std::string_view month = months_.of(event.received);
    if (kind.rows->rows() >= options_.batch_rows || (month != kind.month && kind.rows->rows() > 0))
      TRY(cut(kind));
    kind.month = month;
    kind.place.message = message_;
    kind.place.received = event.received;
    std::optional<Error> too_large;  // an exact integer that does not fit is missing
    std::visit(feeds::EventRow<BinaryRows>{*kind.rows, event, true, too_large}, event.payload);
    kind.received.resize(kind.rows->rows(), event.received);
    return {};
  }

  // One batch is complete: what the server does not have of it is sent.
  Result<void> cut(Kind& kind) {
    const size_t rows = kind.rows->rows();
    if (rows == 0) return {};
    if (!kind.made) TRY(make(kind));
    const auto found = kind.there.find(kind.place.batch);
    const There there = found == kind.there.end() ? There{} : found->second;
    if (there.rows > 0) TRY(check(kind, there));
    kind.pushed.rows += rows;
    kind.pushed.there += there.rows;
    ++kind.place.batch;
    kind.received.clear();
    if (there.rows >= rows) {
      kind.rows->clear();
      return {};
    }
    TRY(landed());
    const std::string statement = fmt::format("INSERT INTO {}.{} ({}) FORMAT RowBinary",
                                              server_.database(), kind.name, column_names(kind));
    flying_ = std::async(std::launch::async,
                         [this, statement, data = kind.rows->take_bytes(there.rows)]() mutable {
                           return server_.ask(statement, std::move(data));
                         });
    return {};
  }

  // While a batch is on its way the next one is read; the server is asked by one at a time.
  Result<void> landed() {
    if (!flying_.valid()) return {};
    TRY(flying_.get());
    return {};
  }

  // What is there must be the beginning of what would be sent.
  Result<void> check(const Kind& kind, const There& there) const {
    if (there.rows <= kind.received.size()) {
      const auto [first, last] = std::minmax_element(
          kind.received.begin(), kind.received.begin() + static_cast<std::ptrdiff_t>(there.rows));
      if (first->ns() == there.first_ns && last->ns() == there.last_ns) return {};
    }
    return Error{
        Fault::refused,
        fmt::format("has other rows of this tape in batch {} ({} rows): another build's, or the "
                    "tape was added to before its end; ALTER TABLE {}.{} DELETE WHERE tape = {} "
                    "lets it be pushed anew",
                    kind.place.batch, there.rows, server_.database(), kind.name,
                    quoted(kind.place.tape)),
        server_.database() + "." + kind.name};
  }

  Result<void> make(Kind& kind) {
    TRY(landed());
    if (!database_made_) {
      TRY(server_.ask("CREATE DATABASE IF NOT EXISTS " + server_.database()));
      database_made_ = true;
    }
    std::string columns;
    for (const ColumnInfo& c : kind.columns)
      columns += fmt::format("{}`{}` {}", columns.empty() ? "" : ", ", c.name, c.type);
    TRY(server_.ask(fmt::format(
        "CREATE TABLE IF NOT EXISTS {}.{} ({}) ENGINE = MergeTree() PARTITION BY toYYYYMM(day) "
        "ORDER BY (instrument, received, tape, message)",
        server_.database(), kind.name, columns)));
    const auto found = TRY(server_.rows(
        fmt::format("SELECT name, type FROM system.columns WHERE database = {} AND table = {}",
                    quoted(server_.database()), quoted(kind.name))));
    std::vector<ColumnInfo> there;
    for (const auto& row : found) {
      if (row.size() == 2) there.push_back({row[0], row[1]});
    }
    for (const ColumnInfo& c : kind.columns) {
      if (std::find(there.begin(), there.end(), c) == there.end())
        return Error{Fault::refused,
                     fmt::format("has no column {} of type {}: the table is of another program, or "
                                 "of another version of this one",
                                 c.name, c.type),
                     server_.database() + "." + kind.name};
    }
    kind.made = true;
    return count_there(kind);
  }

  Result<void> count_there(Kind& kind) {
    TRY(landed());
    const auto found = TRY(server_.rows(fmt::format(
        "SELECT batch, count(), min(received), max(received) FROM {}.{} WHERE tape = {} GROUP BY "
        "batch",
        server_.database(), kind.name, quoted(kind.place.tape))));
    for (const auto& row : found) {
      std::array<int64_t, 4> numbers{};
      if (row.size() != numbers.size())
        return Error{Fault::malformed, "an answer without four columns", kind.name};
      for (size_t i = 0; i < numbers.size(); ++i) {
        const auto number = read_int(row[i]);
        if (!number) return Error{Fault::malformed, "no number: " + printable(row[i]), kind.name};
        numbers[i] = *number;
      }
      kind.there[static_cast<uint32_t>(numbers[0])] = {static_cast<uint64_t>(numbers[1]),
                                                       numbers[2], numbers[3]};
    }
    return {};
  }

  ClickHouse& server_;
  const PushOptions& options_;
  std::array<Kind, kKinds> kinds_;
  std::unique_ptr<feeds::Replay> replay_;
  feeds::InstrumentNames names_;
  Months months_;
  uint64_t message_ = 0;
  bool database_made_ = false;
  std::optional<Error> failed_;
  PushReport report_;
  std::future<Result<std::string>> flying_;  // waits for its thread before the rest goes
};

}  // namespace

uint64_t PushReport::rows() const {
  uint64_t out = 0;
  for (const PushedKind& kind : kinds) out += kind.rows;
  return out;
}

uint64_t PushReport::sent() const {
  uint64_t out = 0;
  for (const PushedKind& kind : kinds) out += kind.rows - kind.there;
  return out;
}

Result<std::string> tape_mark(const std::string& path) {
  auto database = TRY(tape::Database::open(path, tape::Database::Mode::read));
  auto first = TRY(database.prepare("SELECT first_ns, checksum FROM blocks WHERE id = 1"));
  if (!TRY(first.row()))
    return Error{Fault::malformed, "its first block is lost: it cannot be told from others", path};
  Hasher mark;
  mark.add(static_cast<uint64_t>(first.integer(0)));
  mark.add(static_cast<uint64_t>(first.integer(1)));
  return fmt::format("{:016x}", mark.digest());
}

Result<PushReport> push(const PushOptions& options) {
  auto server = TRY(ClickHouse::open(options.url));
  Pusher pusher(*server, options);
  for (const std::string& tape : options.tapes) TRY(pusher.tape(tape));
  PushReport report = pusher.report();
  report.database = server->database();
  return report;
}

}  // namespace delever::warehouse
