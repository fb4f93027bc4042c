// Goal: what is asked by REST is asked within the venue's rules, to its end, and fills what it is
// asked for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "feeds/session_testing.h"

namespace delever::feeds {
namespace {

TEST(Session, BookByRestIsFetchedAgainWhileItIsOlder) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  scene.hear(binance_depth(11, 12, 10));
  scene.hear(binance_depth(13, 15, 12));
  scene.wait(Duration::ms(1));
  ASSERT_EQ(scene.outside.requests.size(), 1U);
  scene.session->responded(scene.outside.requests[0].first,
                           {.status = 200, .body = R"({"lastUpdateId":8,"bids":[],"asks":[]})"},
                           scene.now());
  EXPECT_FALSE(scene.session->whole());
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.requests.size(), 2U);
  scene.session->responded(scene.outside.requests[1].first,
                           {.status = 200, .body = R"({"lastUpdateId":14,"bids":[],"asks":[]})"},
                           scene.now());
  EXPECT_TRUE(scene.session->whole());
  EXPECT_TRUE(scene.outside.gaps.empty());
  // A hole: the gap lies between the two frames, and a snapshot is asked for.
  scene.wait(Duration::seconds(1));
  scene.hear(binance_depth(20, 21, 18));
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].to, scene.now().at);
  scene.wait(Duration::seconds(2));
  EXPECT_EQ(scene.outside.requests.size(), 3U);
}

TEST(Session, ObeysRetryAfter) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  scene.hear(binance_depth(11, 12, 10));
  scene.wait(Duration::ms(1));
  ASSERT_EQ(scene.outside.requests.size(), 1U);
  scene.session->responded(scene.outside.requests[0].first,
                           {.status = 429, .headers = {{"Retry-After", "45"}}}, scene.now());
  for (int i = 0; i < 44; ++i) {
    scene.hear(binance_depth(13U + static_cast<unsigned>(i), 13U + static_cast<unsigned>(i),
                             12U + static_cast<unsigned>(i)));
    scene.wait(Duration::seconds(1));
  }
  EXPECT_EQ(scene.outside.requests.size(), 1U);
  scene.wait(Duration::seconds(2));
  EXPECT_EQ(scene.outside.requests.size(), 2U);
}

// Retry-After may be a date: then it counts from the answer's own, which is the venue's clock.
TEST(Session, ObeysADateOfRetryAfter) {
  for (const char* until : {"Sun, 06 Nov 1994 08:51:07 GMT", "Sunday, 06-Nov-94 08:51:07 GMT",
                            "Sun Nov  6 08:51:07 1994"}) {
    Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
    EXPECT_TRUE(scene.session->start(scene.now()).has_value());
    const HttpResponse refusal{
        .status = 429,
        .headers = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Retry-After", until}}};
    scene.session->closed(scene.outside.connects[0].first, "429", scene.now(), &refusal);
    scene.wait(Duration::seconds(89));
    EXPECT_EQ(scene.outside.connects.size(), 1U) << until;
    scene.wait(Duration::seconds(2));
    EXPECT_EQ(scene.outside.connects.size(), 2U) << until;
  }
  const auto wait = [](std::string date) {
    return HttpResponse{.status = 429, .headers = {{"Retry-After", std::move(date)}}}.retry_after(
        Instant::parse("2026-11-30T12:00:00Z").value());
  };
  EXPECT_EQ(wait("Mon, 30 Nov 2026 12:01:00 GMT"), Duration::minutes(1));
  EXPECT_EQ(wait("Mon, 30 Nov 2026 11:59:00 GMT"), std::nullopt);  // over: the usual pause holds
  for (const char* none : {"", "soon", "-5", "0", "Mon, 31 Feb 2026 12:01:00 GMT", "30 Nov 2026",
                           "Mon, 30 Nov 2026 25:01:00 GMT", "9223372036854775807 x"})
    EXPECT_EQ(wait(none), std::nullopt) << none;
  EXPECT_EQ(wait("99999999999"), Duration::days(366));
}

TEST(Session, AShorterWordDoesNotEndABan) {
  venues::Plan plan;
  for (const char* symbol : {"A", "B"})
    plan.polls.push_back({.request = std::string("/fapi/v1/openInterest?symbol=") + symbol,
                          .channel = "/fapi/v1/openInterest",
                          .symbol = symbol,
                          .every = Duration::seconds(5)});
  Scene scene("binance-usdm", std::move(plan));
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  scene.wait(Duration::ms(100));
  ASSERT_EQ(scene.outside.requests.size(), 2U);
  scene.session->responded(scene.outside.requests[0].first,
                           {.status = 418, .headers = {{"Retry-After", "120"}}}, scene.now());
  scene.session->responded(scene.outside.requests[1].first,
                           {.status = 429, .headers = {{"Retry-After", "1"}}}, scene.now());
  scene.wait(Duration::seconds(119));
  EXPECT_EQ(scene.outside.requests.size(), 2U);
  scene.wait(Duration::seconds(5));
  EXPECT_EQ(scene.outside.requests.size(), 4U);
}

TEST(Session, PagesAreAskedForToTheEnd) {
  const std::string first = "/v5/market/instruments-info?category=option&limit=1000";
  venues::Plan plan;
  plan.polls.push_back({.request = first,
                        .channel = "/v5/market/instruments-info",
                        .symbol = "",
                        .every = Duration::hours(1)});
  Scene scene("bybit:option", std::move(plan));
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  const auto answer = [&](std::string_view cursor) {
    scene.wait(Duration::seconds(1));
    scene.session->responded(
        scene.outside.requests.back().first,
        {.status = 200,
         .body = fmt::format(R"({{"retCode":0,"result":{{"nextPageCursor":"{}"}}}})", cursor)},
        scene.now());
    scene.wait(Duration::seconds(1));
  };
  answer("two");
  ASSERT_EQ(scene.outside.requests.size(), 2U);
  EXPECT_TRUE(scene.outside.requests[1].second.url.ends_with(first + "&cursor=two"));
  answer("three");
  answer("");
  EXPECT_EQ(scene.outside.requests.size(), 3U);
  EXPECT_EQ(scene.outside.kept.size(), 3U);
  scene.wait(Duration::hours(1));
  ASSERT_EQ(scene.outside.requests.size(), 4U);
  EXPECT_TRUE(scene.outside.requests[3].second.url.ends_with(first));
}

TEST(Session, APageInPlaceOfAnAnswerIsAGap) {
  venues::Plan plan;
  plan.polls.push_back({.request = "/fapi/v1/openInterest?symbol=A",
                        .channel = "/fapi/v1/openInterest",
                        .symbol = "A",
                        .every = Duration::seconds(5)});
  Scene scene("binance-usdm", std::move(plan));
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  scene.wait(Duration::ms(1));
  scene.session->responded(scene.outside.requests[0].first,
                           {.status = 200, .body = "<html>Attention Required!</html>"},
                           scene.now());
  EXPECT_TRUE(scene.outside.kept.empty());
  scene.session->stop(scene.now());
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_NE(scene.outside.gaps[0].reason.find("Attention Required"), std::string::npos);
}

}  // namespace
}  // namespace delever::feeds
