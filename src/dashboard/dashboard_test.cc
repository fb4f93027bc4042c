// Goal: what the page is told is what the reports say, is described as it is, and is told to nobody
// who should not hear it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "base/file.h"
#include "dashboard/schema_testing.h"
#include "dashboard/serving_testing.h"
#include "render/brief_render.h"
#include "render/chain_render.h"
#include "reports/chain.h"

namespace delever::dashboard {
namespace {

using nlohmann::json;

std::string tape_named(const std::string& name) { return source_root() + "/samples/" + name; }

std::string header_of(const net::HttpAnswer& answer, std::string_view name) {
  return std::string(net::find_header(answer.headers, name).value_or(""));
}

// A folder of this test alone.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "delever-dashboard-XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    std::ofstream(file(name), std::ios::binary) << text;
  }

 private:
  std::string path_;
};

TEST(Dashboard, ABriefIsTheReportsOwnByteForByte) {
  Serving page;
  reports::Context context{.clock = &page.clock};
  for (const char* at : {"", "2026-01-05T06:00:00Z", "2026-01-05T14:20:00Z"}) {
    reports::BriefOptions options;
    options.tapes = {tape_named("day.tape")};
    options.asset = "BTC";
    options.at = at;
    const auto brief = reports::brief_of(options, context);
    ASSERT_TRUE(brief.has_value());
    const std::string query = *at ? std::string("?at=") + at : "";
    const net::HttpAnswer answer = page.ask("/api/v1/brief" + query);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, render::brief_json(brief.value()));
    const json readings = json::parse(page.ask("/api/v1/readings" + query).body);
    EXPECT_EQ(readings["readings"], json::parse(answer.body)["readings"]);
  }
}

TEST(Dashboard, AChainIsTheReportsOwnByteForByte) {
  Dashboard::Options options = Serving::sample();
  options.subject.tapes = {tape_named("chain.tape")};
  Serving page(options);
  reports::Context context{.clock = &page.clock};
  for (const char* at : {"2026-01-05T09:00:00Z", "2026-01-05T20:00:00Z"}) {
    reports::ChainOptions chosen;
    chosen.tapes = {tape_named("chain.tape")};
    chosen.at = at;
    const auto report = reports::chain_report(chosen, context);
    ASSERT_TRUE(report.has_value());
    const net::HttpAnswer answer = page.ask(std::string("/api/v1/chain?at=") + at);
    EXPECT_EQ(answer.body, render::written_json(render::chain_json(report.value())) + "\n");
    EXPECT_GT(json::parse(answer.body)["expiries"].size(), 0U);
  }
}

TEST(Dashboard, EveryAnswerIsAsTheDescriptionSays) {
  const auto text = read_file(source_root() + "/web/openapi.json");
  ASSERT_TRUE(text.has_value());
  const json described = json::parse(text.value());
  const Schemas schemas(described);
  for (const char* tape : {"day.tape", "chain.tape"}) {
    Dashboard::Options options = Serving::sample();
    options.subject.tapes = {tape_named(tape)};
    options.subject.claims = source_root() + "/episodes/2026-01-30/claims.csv";
    Serving page(options);
    for (const auto& [path, methods] : described["paths"].items()) {
      const json& content = methods["get"]["responses"]["200"]["content"];
      if (!content.contains("application/json")) continue;
      const net::HttpAnswer answer = page.ask("/api/v1" + path);
      ASSERT_EQ(answer.status, 200) << path << " " << answer.body;
      EXPECT_EQ(header_of(answer, "Content-Type"), "application/json");
      EXPECT_EQ(schemas.fault(json::parse(answer.body), content["application/json"]["schema"]), "")
          << path << " of " << tape;
    }
    const net::HttpAnswer wrong = page.ask("/api/v1/readings?at=yesterday");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(schemas.fault(json::parse(wrong.body), described["components"]["schemas"]["Error"]),
              "");
  }
}

TEST(Dashboard, TheDescriptionNamesEveryQuestionAndItsArguments) {
  const auto text = read_file(source_root() + "/web/openapi.json");
  ASSERT_TRUE(text.has_value());
  const json described = json::parse(text.value());
  std::set<std::string> left{"/status", "/meanings", "/events", "/openapi.json"};
  for (const QuestionKind& kind : question_kinds()) {
    const std::string path = "/" + std::string(kind.what);
    left.insert(path);
    ASSERT_TRUE(described["paths"].contains(path)) << path;
    std::string arguments;
    for (const json& one : described["paths"][path]["get"]["parameters"])
      arguments += (arguments.empty() ? "" : " ") + one["name"].get<std::string>();
    EXPECT_EQ(arguments, kind.arguments) << path;
  }
  for (const auto& [path, methods] : described["paths"].items()) EXPECT_EQ(left.count(path), 1U);
}

TEST(Dashboard, NoAnswerTellsInWhichFolderATapeLies) {
  Dashboard::Options options = Serving::sample();
  options.subject.claims = source_root() + "/episodes/2026-01-30/claims.csv";
  Serving page(options);
  size_t named = 0;
  for (const QuestionKind& kind : question_kinds()) {
    for (const char* query : {"", "?asset=ETH", "?at=2020-01-01T00:00:00Z"}) {
      const std::string body = page.ask(fmt::format("/api/v1/{}{}", kind.what, query)).body;
      EXPECT_EQ(body.find(source_root()), body.npos) << kind.what << query;
      named += body.find("day.tape") != body.npos;
    }
  }
  EXPECT_GT(named, 0U);  // "record" and "levels" of a day without flush days
}

TEST(Dashboard, WhatIsNotKnownIsAnAnswerAndNotAnError) {
  Serving page;
  const json chain = json::parse(page.ask("/api/v1/chain?asset=ETH").body);
  EXPECT_NE(chain["unknown"]["what"].get<std::string>().find("ETH"), std::string::npos);
  const json readings = json::parse(page.ask("/api/v1/readings?asset=ETH").body);
  EXPECT_TRUE(readings["readings"]["oi_coins"]["value"].is_null());
  EXPECT_EQ(readings["readings"]["oi_coins"]["state"], "pending");
}

TEST(Dashboard, NothingLaterThanTheTimeAskedForIsTold) {
  Serving page;
  const int64_t until = 1767618000;  // 2026-01-05T13:00:00Z
  const json series = json::parse(page.ask("/api/v1/series?at=2026-01-05T13:00:00Z").body);
  ASSERT_GT(series["prices"].size(), 0U);
  for (const json& prices : series["prices"]) EXPECT_LE(prices["t"].back().get<int64_t>(), until);
  for (const json& forced : series["liquidations"])
    EXPECT_LE(forced["t"].back().get<int64_t>(), until);
  const json whole = json::parse(page.ask("/api/v1/series").body);
  EXPECT_GT(whole["prices"][0]["t"].size(), series["prices"][0]["t"].size());
  EXPECT_GE(whole["waves"].size(), 1U);
  double longs = 0;
  for (const json& forced : whole["liquidations"])
    for (const json& usd : forced["long_usd"]) longs += usd.get<double>();
  const json readings = json::parse(page.ask("/api/v1/readings").body);
  EXPECT_NEAR(longs, readings["readings"]["liq_long_usd_24h"][0]["value"].get<double>(),
              1e-6 * longs);
}

TEST(Dashboard, ATrackSaysWhatTheReadingsOfEachTimeSay) {
  Serving page;
  const json track = json::parse(
      page.ask("/api/v1/track?from=2026-01-05T06:00:00Z&step=6h&only=oi_coins,price_usd").body);
  ASSERT_EQ(track["t"].size(), 4U);
  for (const json& series : track["series"]) {
    if (!series["venue"].is_null() || series["name"] != "price_usd") continue;
    const json readings = json::parse(page.ask("/api/v1/readings?at=2026-01-05T12:00:00Z").body);
    EXPECT_EQ(series["value"][1], readings["readings"]["price_usd"]["value"]);
    EXPECT_EQ(series["state"][1], readings["readings"]["price_usd"]["state"]);
  }
}

TEST(Dashboard, WhoIsNotAnswered) {
  Serving page;
  const auto status = [&](const std::function<void(net::HttpRequest&)>& change,
                          const std::string& path = "/api/v1/status") {
    net::HttpRequest request = page.request(path);
    change(request);
    return page.ask(std::move(request)).status;
  };
  const auto plain = [](net::HttpRequest&) {};
  const auto with = [](const char* name, const char* value) {
    return [=](net::HttpRequest& r) { r.headers.push_back({name, value}); };
  };
  EXPECT_EQ(status(plain), 200);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
    EXPECT_EQ(status([&](net::HttpRequest& r) { r.method = method; }), 405) << method;
  EXPECT_EQ(status([](net::HttpRequest& r) { r.method = "HEAD"; }), 200);
  const auto raw = [&](const std::string& rest) {
    const std::string all =
        page.raw("GET /api/v1/status HTTP/1.1\r\n" + rest + "Connection: close\r\n\r\n");
    return all.substr(0, all.find("\r\n"));
  };
  EXPECT_EQ(raw("Host: evil.example\r\n"), "HTTP/1.1 421 Misdirected Request");
  EXPECT_EQ(raw("Host: 127.0.0.1.evil.example\r\n"), "HTTP/1.1 421 Misdirected Request");
  EXPECT_EQ(raw(""), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(raw("Host: localhost\r\n"), "HTTP/1.1 200 OK");
  EXPECT_EQ(raw("Host: localhost\r\nContent-Length: 9999999\r\n").substr(0, 12), "HTTP/1.1 413");
  EXPECT_EQ(raw("Host: localhost\r\nA: " + std::string(60'000, 'a') + "\r\n").substr(0, 12),
            "HTTP/1.1 431");
  EXPECT_EQ(status(with("Origin", "https://evil.example")), 403);
  EXPECT_EQ(status(with("Sec-Fetch-Site", "cross-site")), 403);
  EXPECT_EQ(status(with("Sec-Fetch-Site", "same-origin")), 200);
  EXPECT_EQ(status(plain, "/api/v1/" + std::string(3000, 'a')), 414);
  EXPECT_EQ(status(plain, "/api/v1/secrets"), 404);
  for (const char* path : {"/../../etc/passwd", "/assets/../../../etc/passwd", "/%2e%2e/etc/passwd",
                           "/etc/passwd", "//etc/passwd"})
    EXPECT_EQ(status(plain, path), 404) << path;
  for (const char* query :
       {"at=yesterday", "asset=BTC%27", "asset=", "at=2026-01-05T00:00:00Z&at=2026-01-05T00:00:00Z",
        "step=5m", "asset=AAAAAAAAAAAAAAAAAAAAAAAAA", "colour=red"})
    EXPECT_EQ(status(plain, std::string("/api/v1/readings?") + query), 400) << query;
  EXPECT_EQ(status(plain, "/api/v1/track?only=no_such_gauge"), 400);
  EXPECT_EQ(status(plain, "/api/v1/track?step=1s"), 400);
}

TEST(Dashboard, EveryAnswerCarriesTheHeadersOfACarefulServer) {
  Serving page;
  for (const char* path :
       {"/", "/api/v1/status", "/metrics", "/no-such", "/api/v1/readings?at=x"}) {
    const net::HttpAnswer answer = page.ask(path);
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(header_of(answer, "Referrer-Policy"), "no-referrer") << path;
    EXPECT_NE(header_of(answer, "Content-Security-Policy").find("default-src 'none'"),
              std::string::npos)
        << path;
    EXPECT_TRUE(header_of(answer, "Access-Control-Allow-Origin").empty()) << path;
  }
}

TEST(Dashboard, BeyondThisMachineATokenIsAskedFor) {
  SystemClock clock;
  net::Loop loop(clock);
  Dashboard::Options open = Serving::sample();
  open.serving.listen = {"0.0.0.0", 0};
  const auto refused = Dashboard::open(loop, open);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().what.find("--token-file"), std::string::npos);

  Dashboard::Options options = Serving::sample();
  options.token = "correct horse battery";
  Serving page(options);
  const auto status = [&](const char* authorization, const char* path) {
    net::HttpRequest request = page.request(path);
    if (*authorization) request.headers.push_back({"Authorization", authorization});
    return page.ask(std::move(request)).status;
  };
  for (const char* path : {"/api/v1/status", "/api/v1/readings", "/api/v1/events", "/metrics"}) {
    EXPECT_EQ(status("", path), 401) << path;
    EXPECT_EQ(status("Bearer wrong horse battery", path), 401) << path;
  }
  EXPECT_EQ(status("Bearer correct horse battery", "/api/v1/status"), 200);
  EXPECT_EQ(status("", "/"), 200);  // the page itself tells nothing
}

TEST(Dashboard, ASlowQuestionHoldsNobodyUp) {
  Serving page;
  std::vector<std::string> order;
  const auto ask = [&](const std::string& path) {
    page.client->request(page.request(path), [&order, path](Result<net::HttpAnswer> answer) {
      EXPECT_TRUE(answer.has_value() && answer.value().status == 200) << path;
      order.push_back(path);
    });
  };
  ask("/api/v1/levels?unscored=true");
  ask("/api/v1/stress");
  ask("/api/v1/status");
  ASSERT_TRUE(page.until([&] { return order.size() == 3; }));
  EXPECT_EQ(order.front(), "/api/v1/status");
}

TEST(Dashboard, TheSameQuestionIsAnsweredOnce) {
  Serving page;
  size_t answered = 0;
  for (int i = 0; i < 20; ++i) {
    page.client->request(page.request("/api/v1/readings"), [&](Result<net::HttpAnswer> answer) {
      EXPECT_TRUE(answer.has_value() && answer.value().status == 200);
      ++answered;
    });
  }
  ASSERT_TRUE(page.until([&] { return answered == 20; }));
  const std::string metrics = page.ask("/metrics").body;
  EXPECT_NE(metrics.find("\ndelever_frames_total 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("\ndelever_cache_misses_total 1\n"), std::string::npos);
  const net::HttpAnswer first = page.ask("/api/v1/readings");
  net::HttpRequest again = page.request("/api/v1/readings");
  again.headers.push_back({"If-None-Match", header_of(first, "ETag")});
  const net::HttpAnswer second = page.ask(again);
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
}

// Whoever makes an answer gives way to the loop, which hands out those that are ready.
TEST(Dashboard, ThreadsThatMakeAnswersStandBack) {
  Serving page;
  ASSERT_EQ(page.ask("/api/v1/readings").status, 200);
  const int own = getpriority(PRIO_PROCESS, 0);
  if (own >= 19) GTEST_SKIP() << "runs at the lowest priority already";
  size_t behind = 0, level = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto id = static_cast<id_t>(std::stoul(thread.path().filename().string()));
    const int nice = getpriority(PRIO_PROCESS, id);
    behind += nice > own, level += nice == own;
  }
  EXPECT_GE(behind, 1U);
  EXPECT_GE(level, 1U);  // this one, which is the loop's
}

TEST(Dashboard, AFloodOfQuestionsIsTurnedAwayAndThePageStaysUp) {
  Serving page;
  size_t good = 0, busy = 0, other = 0;
  constexpr size_t kAsked = 120;
  for (size_t i = 0; i < kAsked; ++i) {
    const std::string at = fmt::format("2026-01-05T{:02}:{:02}:00Z", 1 + i / 60, i % 60);
    page.client->request(page.request("/api/v1/readings?at=" + at),
                         [&](Result<net::HttpAnswer> answer) {
                           const int status = answer.has_value() ? answer.value().status : 0;
                           ++(status == 200 ? good : status == 503 ? busy : other);
                         });
  }
  EXPECT_EQ(page.ask("/api/v1/status").status, 200);
  ASSERT_TRUE(page.until([&] { return good + busy + other == kAsked; }, Duration::seconds(120)));
  EXPECT_EQ(other, 0U);
  EXPECT_GT(busy, 0U);
  EXPECT_GT(good, 0U);
}

TEST(Metrics, AreTheTextThatPrometheusReads) {
  Serving page;
  ASSERT_EQ(page.ask("/api/v1/readings").status, 200);
  ASSERT_EQ(page.ask("/api/v1/readings?asset=ETH").status, 200);
  const net::HttpAnswer answer = page.ask("/metrics");
  for (const char* coin : {"BTC", "ETH"})
    EXPECT_NE(answer.body.find(fmt::format("delever_as_of_seconds{{asset=\"{}\"}} ", coin)),
              std::string::npos);
  EXPECT_EQ(header_of(answer, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::regex sample(
      R"re(([a-z_0-9]+)(\{([a-z_]+="([^"\\]|\\.)*"(,|(?=\})))*\})? [-+0-9.eEInf]+)re");
  std::set<std::string> closed;
  std::string family;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(closed.insert(family).second) << family << " stands there twice";
    } else if (!line.starts_with("# TYPE ")) {
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_TRUE(match[1].str().starts_with(family)) << line << " under " << family;
    }
  }
  for (const char* name :
       {"delever_reading", "delever_reading_state", "delever_feed_messages_total",
        "delever_http_answer_seconds", "delever_verdict"})
    EXPECT_EQ(closed.count(name), 1U) << name;
  EXPECT_NE(answer.body.find(R"(delever_reading_state{asset="BTC",name="price_usd",)"),
            std::string::npos);
}

TEST(PageFiles, AreReadOnceAndPackedForWhoTakesIt) {
  const Folder folder;
  folder.write("index.html", "<!doctype html>hello");
  folder.write("assets/a-1.js", "let a = 1");
  folder.write("assets/b-2.js", "let b = 2");
  folder.write("assets/b-2.js.gz", "packed bytes");
  folder.write("secret.pem", "not a file of a page");
  Dashboard::Options options = Serving::sample();
  options.page = folder.file("");
  Serving page(options);
  EXPECT_TRUE(page.dashboard->has_page());
  const net::HttpAnswer index = page.ask("/");
  EXPECT_EQ(index.body, "<!doctype html>hello");
  EXPECT_EQ(header_of(index, "Cache-Control"), "no-cache");
  const net::HttpAnswer script = page.ask("/assets/a-1.js");
  EXPECT_EQ(script.body, "let a = 1");
  EXPECT_NE(header_of(script, "Cache-Control").find("immutable"), std::string::npos);
  const auto raw = [&](const char* accepted) {
    return page.raw(
        fmt::format("GET /assets/b-2.js HTTP/1.1\r\nHost: localhost\r\n{}"
                    "Connection: close\r\n\r\n",
                    accepted));
  };
  const std::string packed = raw("Accept-Encoding: br, gzip\r\n");
  EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), packed.npos);
  EXPECT_TRUE(packed.ends_with("\r\n\r\npacked bytes"));
  const std::string plain = raw("");
  EXPECT_EQ(plain.find("Content-Encoding"), plain.npos);
  EXPECT_TRUE(plain.ends_with("\r\n\r\nlet b = 2"));
  EXPECT_EQ(page.ask("/secret.pem").status, 404);
  EXPECT_EQ(page.ask("/assets/b-2.js.gz").status, 404);
}

TEST(PageFiles, WithoutAPageTheServerSaysHowToHaveOne) {
  const Folder folder;
  Dashboard::Options options = Serving::sample();
  options.page = folder.file("none");
  Serving page(options);
  EXPECT_FALSE(page.dashboard->has_page());
  EXPECT_NE(page.ask("/").body.find("make page"), std::string::npos);
}

TEST(Dashboard, AskedForATimeOfItsOwnTheStatusIsOfThatTime) {
  Dashboard::Options options = Serving::sample();
  options.subject.at = "2026-01-05T12:00:00Z";
  Serving page(options);
  const json readings = json::parse(page.ask("/api/v1/readings").body);
  EXPECT_EQ(readings["as_of"], "2026-01-05T12:00:00Z");
  const json status = json::parse(page.ask("/api/v1/status").body);
  EXPECT_EQ(status["as_of"], "2026-01-05T12:00:00Z");
  EXPECT_EQ(status["assets"], json::array({"BTC"}));
  EXPECT_NE(page.ask("/metrics").body.find("delever_reading{"), std::string::npos);
}

}  // namespace
}  // namespace delever::dashboard
