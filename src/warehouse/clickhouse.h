// A ClickHouse server over its HTTP interface: one statement after the other, each with its answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/url.h"

namespace delever::warehouse {

class ClickHouse {
 public:
  // http://user:password@host:8123/database; without a database "delever", without a password what
  // CLICKHOUSE_PASSWORD holds.
  static Result<std::unique_ptr<ClickHouse>> open(const std::string& url);
  const std::string& database() const { return database_; }
  // `data` follows the statement, as of an INSERT. An answer other than 200 is an error with what
  // the server says.
  Result<std::string> ask(const std::string& statement, std::string data = {});
  // The rows of an answer, and their fields, as TabSeparated has them.
  Result<std::vector<std::vector<std::string>>> rows(const std::string& statement);

 private:
  ClickHouse() = default;
  SystemClock clock_;
  net::Loop loop_{clock_};
  std::unique_ptr<net::Client> client_;
  net::Url url_;
  std::string database_, password_;
};

// A value of a statement: in quotes, with what would end it escaped.
std::string quoted(std::string_view text);

}  // namespace delever::warehouse
