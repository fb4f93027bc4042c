// Goal: a push that is killed at any of its requests, by turns before the server has done it and
// after, is finished by the same push again: every row once. The server is a stand-in that does
// what push asks of a ClickHouse: it keeps rows by table and batch and says what it has.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <future>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"
#include "net/server.h"
#include "net/url.h"

namespace delever::cli {
namespace {

using Words = std::vector<std::string>;

struct Batch {
  uint64_t rows = 0;
  int64_t first = INT64_MAX, last = INT64_MIN;
  std::string bytes;
  friend bool operator==(const Batch&, const Batch&) = default;
};
struct WarehouseTable {
  std::vector<std::pair<std::string, std::string>> columns;   // name, type
  std::map<std::pair<std::string, uint32_t>, Batch> batches;  // tape, batch
  friend bool operator==(const WarehouseTable&, const WarehouseTable&) = default;
};
using Tables = std::map<std::string, WarehouseTable>;

// Reads RowBinary by the types of its columns.
class Rows {
 public:
  explicit Rows(std::string_view bytes) : left_(bytes) {}
  bool empty() const { return left_.empty(); }
  std::string_view take(const std::string& type) {
    if (type.starts_with("Nullable(")) {
      const bool missing = bytes(1)[0] != 0;
      return missing ? std::string_view() : take(type.substr(9, type.size() - 10));
    }
    if (type.find("String") != type.npos) {
      size_t length = 0;
      for (unsigned shift = 0;; shift += 7) {
        const auto part = static_cast<uint8_t>(bytes(1)[0]);
        length |= size_t{part & 0x7fU} << shift;
        if (part < 0x80) return bytes(length);
      }
    }
    static const std::map<std::string, size_t> kSizes{{"UInt8", 1},  {"Date", 2},   {"UInt32", 4},
                                                      {"Int32", 4},  {"UInt64", 8}, {"Int64", 8},
                                                      {"Float64", 8}};
    return bytes(kSizes.at(type));
  }

 private:
  std::string_view bytes(size_t n) {
    CHECK(n <= left_.size());
    const std::string_view out = left_.substr(0, n);
    left_.remove_prefix(n);
    return out;
  }
  std::string_view left_;
};

template <class T>
T number_in(std::string_view bytes) {
  T out{};
  std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

// The part of a statement between two of its words.
std::string between(std::string_view text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from) + from.size();
  return std::string(text.substr(at, text.find(to, at) - at));
}

class StandIn {
 public:
  StandIn() {
    std::promise<std::string> ready;
    thread_ = std::jthread([this, &ready] {
      SystemClock clock;
      net::Loop loop(clock);
      loop_ = &loop;
      const auto server = net::Server::listen(loop, {.body_limit = size_t{256} << 20}).value();
      server->route("POST", "/*",
                    [this](const net::ServerRequest& request, const net::ReplyPtr& to) {
                      answer(request, to);
                    });
      ready.set_value(fmt::format("http://{}/test", server->address().text()));
      loop.run();
    });
    url_ = ready.get_future().get();
  }
  ~StandIn() {
    loop_->post([this] { loop_->stop(); });
  }
  const std::string& url() const { return url_; }

  // The pusher is killed at its n-th request; 0: never. `after`: once that is done.
  void kill_at(size_t n, bool after) {
    requests_ = 0;
    kill_at_ = n;
    after_ = after;
  }
  std::atomic<pid_t> pusher = 0;
  size_t requests() const { return requests_; }
  // The tables are the loop's: it hands them out, or empties them.
  Tables tables() {
    std::promise<Tables> taken;
    loop_->post([&] { taken.set_value(tables_); });
    return taken.get_future().get();
  }
  void clear() {
    std::promise<void> done;
    loop_->post([&] {
      tables_.clear();
      done.set_value();
    });
    done.get_future().get();
  }

 private:
  void answer(const net::ServerRequest& request, const net::ReplyPtr& reply) {
    const bool now = ++requests_ == kill_at_;
    if (now && !after_) return end();
    std::string statement = request.body, data;
    if (const size_t query = request.query.find("query="); query != request.query.npos) {
      statement = net::percent_decoded(request.query.substr(query + 6));
      data = request.body;
    }
    const std::string said = carry_out(statement, data);
    if (now) return end();
    reply->send(200, {}, said);
  }
  void end() { kill(pusher, SIGKILL); }

  std::string carry_out(const std::string& statement, const std::string& data) {
    if (statement.starts_with("CREATE DATABASE")) return {};
    if (statement.starts_with("CREATE TABLE")) {
      WarehouseTable& table = tables_[between(statement, "EXISTS ", " (")];
      if (!table.columns.empty()) return {};  // IF NOT EXISTS
      const std::string columns = between(statement, " (", ") ENGINE");
      for (const std::string_view column : split(columns, ',')) {
        const std::string_view one = trimmed(column);
        const size_t name = one.find('`', 1);
        table.columns.emplace_back(one.substr(1, name - 1), one.substr(name + 2));
      }
      return {};
    }
    if (statement.find("system.columns") != statement.npos) {
      std::string out;
      for (const auto& [name, type] : tables_[between(statement, "database = '", "'") + "." +
                                              between(statement, "table = '", "'")]
                                          .columns)
        out += name + "\t" + type + "\n";
      return out;
    }
    if (statement.starts_with("SELECT batch")) {
      std::string out;
      const std::string tape = between(statement, "tape = '", "'");
      for (const auto& [key, batch] : tables_[between(statement, "FROM ", " WHERE")].batches) {
        if (key.first == tape)
          out += fmt::format("{}\t{}\t{}\t{}\n", key.second, batch.rows, batch.first, batch.last);
      }
      return out;
    }
    EXPECT_TRUE(statement.starts_with("INSERT INTO")) << statement;
    insert(tables_[between(statement, "INTO ", " (")], data);
    return {};
  }

  static void insert(WarehouseTable& table, std::string_view data) {
    Rows rows(data);
    while (!rows.empty()) {
      std::map<std::string, std::string_view> row;
      for (const auto& [name, type] : table.columns) row[name] = rows.take(type);
      Batch& batch = table.batches[{std::string(row["tape"]), number_in<uint32_t>(row["batch"])}];
      const auto received = number_in<int64_t>(row["received"]);
      ++batch.rows;
      batch.first = std::min(batch.first, received);
      batch.last = std::max(batch.last, received);
      for (const auto& [name, value] : row) batch.bytes += fmt::format("{}={};", name, value);
    }
  }

  std::string url_;
  Tables tables_;
  net::Loop* loop_ = nullptr;
  std::atomic<size_t> requests_ = 0, kill_at_ = 0;
  std::atomic<bool> after_ = false;
  std::jthread thread_;
};

// How the push ended: its exit code, or -1 where it was killed.
int push(StandIn& server, const std::string& tape) {
  const std::string words = server.url();
  const pid_t child = fork();
  if (child == 0) {
    ::usleep(20'000);  // until the parent has told who is to be killed
    exec_program({"tape", "push", tape, "--clickhouse", words});
  }
  server.pusher = child;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(KillPush, AtEachRequestEveryRowOnceInTheEnd) {
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string tape = source_root() + "/samples/day.tape";
  StandIn server;
  server.kill_at(0, false);
  ASSERT_EQ(push(server, tape), 0);
  const Tables whole = server.tables();
  const size_t requests = server.requests();
  ASSERT_GT(requests, 8U);
  size_t rows = 0;
  for (const auto& [name, table] : whole) {
    for (const auto& [key, batch] : table.batches) rows += batch.rows;
  }
  ASSERT_GT(rows, 10'000U);
  ASSERT_EQ(push(server, tape), 0);
  EXPECT_TRUE(server.tables() == whole) << "pushed twice";
  size_t kills = 0;
  for (size_t n = 1; n <= requests; ++n) {
    const bool after = n % 2 == 0;
    const std::string what =
        fmt::format("killed {} request {} of {}", after ? "after" : "before", n, requests);
    server.clear();
    server.kill_at(n, after);
    ASSERT_EQ(push(server, tape), -1) << what;
    ++kills;
    server.kill_at(0, false);
    ASSERT_EQ(push(server, tape), 0) << what;
    EXPECT_TRUE(server.tables() == whole) << what;
  }
  std::fputs(
      fmt::format("tape push: {} requests, {} kills, {} rows each once\n", requests, kills, rows)
          .c_str(),
      stdout);
}

}  // namespace
}  // namespace delever::cli
