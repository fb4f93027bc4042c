#include "warehouse/clickhouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/text.h"

namespace delever::warehouse {
namespace {

constexpr Duration kLongest = Duration::minutes(10);  // a statement may take
constexpr size_t kSaid = 300;                         // of a refusal

std::string query_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

// "Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist., e.what() = ..."
std::string said(const net::HttpAnswer& answer) {
  std::string text(trimmed(std::string_view(answer.body).substr(0, answer.body.find('\n'))));
  if (const size_t at = text.find(", e.what()"); at != text.npos) text.resize(at);
  if (text.size() > kSaid) text.resize(kSaid);
  return fmt::format("the server answers {}: {}", answer.status, printable(text));
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

Result<std::unique_ptr<ClickHouse>> ClickHouse::open(const std::string& url) {
  std::unique_ptr<ClickHouse> out(new ClickHouse());
  out->url_ = TRY(net::Url::parse(url));
  if (out->url_.websocket()) return Error{Fault::usage, "is not http or https", url};
  std::string_view path = out->url_.target;
  path = path.substr(0, path.find('?'));
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  out->database_ = path.empty() ? "delever" : std::string(path);
  if (!plain_name(out->database_))
    return Error{Fault::usage, "the database's name has letters, digits and _ alone",
                 out->url_.text()};
  // A password on a command line is seen by everyone on the machine.
  if (const char* password = std::getenv("CLICKHOUSE_PASSWORD");
      password && out->url_.password.empty())
    out->password_ = password;
  else
    out->password_ = net::percent_decoded(out->url_.password);
  out->client_ = TRY(net::Client::make(out->loop_, {}));
  return out;
}

Result<std::string> ClickHouse::ask(const std::string& statement, std::string data) {
  net::HttpRequest request;
  request.method = "POST";
  request.timeout = kLongest;
  // The statement is the body, or goes before one that has data. A block that came whole is written
  // whole or not at all.
  request.url = fmt::format("{}://{}/?max_insert_block_size=16777216", url_.scheme, url_.address());
  if (!data.empty()) request.url += "&query=" + query_encoded(statement);
  request.body = data.empty() ? statement : std::move(data);
  if (!url_.user.empty()) {
    request.headers.push_back({"X-ClickHouse-User", net::percent_decoded(url_.user)});
    request.headers.push_back({"X-ClickHouse-Key", password_});
  }
  std::optional<Result<net::HttpAnswer>> got;
  client_->request(std::move(request), [&](Result<net::HttpAnswer> answer) {
    got = std::move(answer);
    loop_.stop();
  });
  loop_.run();
  if (!got) return Error{Fault::unavailable, "the request was dropped", url_.text()};
  net::HttpAnswer answer = TRY(std::move(*got));
  if (answer.status != 200)
    return Error{answer.status >= 500 ? Fault::unavailable : Fault::refused, said(answer),
                 url_.text()};
  return std::move(answer.body);
}

Result<std::vector<std::vector<std::string>>> ClickHouse::rows(const std::string& statement) {
  const std::string text = TRY(ask(statement + " FORMAT TabSeparated"));
  std::vector<std::vector<std::string>> out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string> fields;
    for (const std::string_view field : split(line, '\t')) fields.emplace_back(field);
    out.push_back(std::move(fields));
  }
  return out;
}

}  // namespace delever::warehouse
