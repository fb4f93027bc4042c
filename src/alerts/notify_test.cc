// Goal: what is sent, to whom, how often: against a server of this test's own.
#include "alerts/notify.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "net/server.h"

namespace delever::alerts {
namespace {

using nlohmann::json;

Alert made(bool firing) {
  return {"a \"b\"",
          "warning",
          "BTC",
          "oi_coins",
          firing,
          Instant::ns(0),
          Instant::ns(0) + Duration::minutes(3),
          12.5,
          "oi_coins is 12.5",
          "alerts.toml:1"};
}

// Answers with these statuses, one after another, and keeps what came.
struct Receiver {
  SystemClock clock;
  net::Loop loop{clock};
  std::unique_ptr<net::Server> server;
  std::vector<int> statuses;
  std::vector<net::ServerRequest> requests;

  explicit Receiver(std::vector<int> answers) : statuses(std::move(answers)) {
    auto made_server = net::Server::listen(loop, {});
    EXPECT_TRUE(made_server.has_value());
    server = std::move(made_server).value();
    server->route("*", "/*", [this](const net::ServerRequest& r, const net::ReplyPtr& reply) {
      const size_t n = std::min(requests.size(), statuses.size() - 1);
      requests.push_back(r);
      reply->send(statuses[n], {}, "");
    });
  }
  std::string url() const { return "http://" + server->address().text(); }
  std::vector<std::string> send(Targets targets, const std::vector<Alert>& alerts) {
    std::vector<std::string> failed;
    auto notifier = Notifier::make(loop, std::move(targets),
                                   [&](const std::string& why) { failed.push_back(why); });
    EXPECT_TRUE(notifier.has_value());
    notifier.value()->send(alerts);
    const Duration begin = clock.elapsed();
    while (notifier.value()->under_way() > 0 && clock.elapsed() - begin < Duration::seconds(20))
      loop.run_for(Duration::ms(5));
    EXPECT_EQ(notifier.value()->under_way(), 0U);
    return failed;
  }
};

std::string header(const net::ServerRequest& r, const char* name) {
  return std::string(net::find_header(r.headers, name).value_or(""));
}

TEST(Notifier, AWebhookIsSignedSoThatItsReceiverCanCheck) {
  Receiver receiver({200});
  const std::string secret = "a secret of sixteen";
  EXPECT_TRUE(receiver.send({receiver.url() + "/hook", secret, ""}, {made(true)}).empty());
  ASSERT_EQ(receiver.requests.size(), 1U);
  const net::ServerRequest& r = receiver.requests[0];
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.path, "/hook");
  EXPECT_EQ(header(r, "X-Delever-Signature"),
            signature(secret, header(r, "X-Delever-Timestamp"), r.body));
  EXPECT_NE(header(r, "X-Delever-Signature"),
            signature("another secret here", header(r, "X-Delever-Timestamp"), r.body));
  const json body = json::parse(r.body);
  EXPECT_EQ(body["alerts"][0]["alert"], "a \"b\"");
  EXPECT_EQ(body["alerts"][0]["state"], "firing");
  EXPECT_EQ(body["alerts"][0]["value"], 12.5);
}

TEST(Notifier, OneMoreTryWithTheSameNumberAndNoThird) {
  Receiver once({503, 200});
  EXPECT_TRUE(once.send({once.url(), "", ""}, {made(true)}).empty());
  ASSERT_EQ(once.requests.size(), 2U);
  EXPECT_FALSE(header(once.requests[0], "X-Delever-Id").empty());
  EXPECT_EQ(header(once.requests[0], "X-Delever-Id"), header(once.requests[1], "X-Delever-Id"));
  EXPECT_EQ(once.requests[0].body, once.requests[1].body);

  Receiver down({503});
  const auto failed = down.send({down.url(), "", ""}, {made(true)});
  EXPECT_EQ(down.requests.size(), 2U);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_NE(failed[0].find("503"), std::string::npos);
}

TEST(Notifier, WhatTheOtherSideDoesNotWantIsNotRepeated) {
  Receiver receiver({404});
  EXPECT_EQ(receiver.send({receiver.url(), "", ""}, {made(true)}).size(), 1U);
  EXPECT_EQ(receiver.requests.size(), 1U);
}

TEST(Notifier, AlertmanagerGetsItsOwnForm) {
  Receiver receiver({200});
  EXPECT_TRUE(receiver.send({"", "", receiver.url() + "/"}, {made(true), made(false)}).empty());
  ASSERT_EQ(receiver.requests.size(), 1U);
  EXPECT_EQ(receiver.requests[0].path, "/api/v2/alerts");
  const json body = json::parse(receiver.requests[0].body);
  ASSERT_EQ(body.size(), 2U);
  EXPECT_EQ(body[0]["labels"]["alertname"], "a \"b\"");
  EXPECT_EQ(body[0]["startsAt"], "1970-01-01T00:00:00Z");
  EXPECT_FALSE(body[0].contains("endsAt"));
  EXPECT_EQ(body[1]["endsAt"], "1970-01-01T00:03:00Z");
}

}  // namespace
}  // namespace delever::alerts
