// Goal: what is written straight is what the tree writes, byte for byte; a text is plain only where
// nothing in it needs to be escaped.
#include "render/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "render/readings_render.h"

namespace delever::render {
namespace {

std::string random_text(Random& random) {
  std::string out;
  const uint64_t odd = random.below(3);
  for (uint64_t left = random.below(30); left > 0; --left) {
    const bool any = odd > 0 && random.below(10) < odd;
    out += static_cast<char>(any ? random.below(256) : ' ' + random.below(0x7f - ' '));
  }
  return out;
}

TEST(Json, NothingHasNoSign) {
  EXPECT_EQ(json_line(Json(-0.0)), json_line(Json(0.0)));
  char text[kJsonNumberMax];
  EXPECT_EQ(std::string(text, put_json_number(text, -0.0)), "0.0");
}

TEST(Json, TextIsPlainWhereNoByteOfItIsEscaped) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
    for (size_t size = 1; size <= 17; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(is_plain_json(text), plain) << byte << " at " << at << " of " << size;
      }
    }
  }
  Random random(1, {});
  int plain = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random);
    const bool expected = std::all_of(text.begin(), text.end(), [](char c) {
      return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
    });
    ASSERT_EQ(is_plain_json(text), expected) << text;
    plain += expected;
  }
  EXPECT_GT(plain, 5000);
  EXPECT_LT(plain, 19'000);
}

TEST(Json, ReadingsAreWrittenAsTheTreeWritesThem) {
  Random random(2, {});
  const auto number = [&]() -> std::optional<double> {
    if (random.chance(0.2)) return std::nullopt;
    return (random.uniform() - 0.5) * std::pow(10.0, static_cast<double>(random.below(30)) - 10);
  };
  const auto time = [&] { return Instant::ns(static_cast<int64_t>(random.below(1ULL << 61))); };
  for (int i = 0; i < 3000; ++i) {
    gauges::Reading r;
    r.name = "oi_usd";
    r.asset = random_text(random);
    if (random.chance(0.5)) r.venue = random_text(random);
    if (random.chance(0.3)) r.expiry = time();
    r.value = number();
    r.low = number();
    r.high = number();
    r.unit = "USD";
    if (random.chance(0.7)) r.as_of = time();
    r.window = Duration::ns(static_cast<int64_t>(random.below(1'000'000'000'000'000)));
    r.state = static_cast<gauges::State>(random.below(4));
    for (uint64_t n = random.below(4); n > 0; --n) r.sources.push_back(random_text(random));
    r.coverage = number();
    r.reason = random_text(random);
    r.rule = random_text(random);
    const Instant at = time();
    Json tree = to_json(r);
    tree["at"] = at.text();
    TextBuffer out;
    put_reading_json(out, at, r);
    ASSERT_EQ(out.view(), json_line(tree) + "\n");
  }
}

}  // namespace
}  // namespace delever::render
