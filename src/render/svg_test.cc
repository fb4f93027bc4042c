// Goal: charts never divide by nothing, never print what a browser cannot read, and escape what
// people write.
#include "render/svg.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace delever::render {
namespace {

TEST(Svg, empty_and_flat_series) {
  EXPECT_EQ(svg_time_chart({}), "");
  EXPECT_EQ(svg_strike_chart({}), "");
  TimeChart flat{.title = "a<b",
                 .lines = {{"x", "red", {{Instant::ns(0), 5}, {Instant::ns(0), 5}}}}};
  const std::string svg = svg_time_chart(flat);
  EXPECT_EQ(svg.find("nan"), svg.npos);
  EXPECT_EQ(svg.find("inf"), svg.npos);
  EXPECT_NE(svg.find("a&lt;b"), svg.npos);
}

TEST(Svg, strikes_and_marks) {
  const std::string svg = svg_strike_chart({.title = "t",
                                            .bars = {{90, 10, 0}, {100, 5, 5}, {110, 0, 10}},
                                            .marks = {{95, "price"}, {200, "far"}}});
  EXPECT_EQ(svg.find("nan"), svg.npos);
  EXPECT_NE(svg.find("price"), svg.npos);
}

// Where a label stands, and which way it runs from there.
struct Label {
  double x = 0, y = 0;
  bool leftwards = false;
};
Label label_in(const std::string& svg, const std::string& text) {
  const size_t end = svg.find(">" + text + "<"), begin = svg.rfind("<text", end);
  EXPECT_NE(end, svg.npos) << text;
  if (end == svg.npos) return {};
  const std::string tag = svg.substr(begin, end - begin);
  const auto number = [&](const char* key) {
    const size_t from = tag.find(key) + std::string_view(key).size();
    return read_double(tag.substr(from, tag.find('"', from) - from)).value();
  };
  return {number(" x=\""), number(" y=\""), tag.find("anchor=\"end\"") != tag.npos};
}

TEST(Svg, labels_of_near_marks_stand_on_rows_of_their_own) {
  StrikeChart chart{.title = "t"};
  for (int strike = 10; strike <= 400; strike += 10)
    chart.bars.push_back({static_cast<double>(strike), 5, 5});
  chart.marks = {{201, "forward 201"},
                 {198, "max pain 198"},
                 {20, "far away"},
                 {203, "and a third"},
                 {399, "at the edge"}};
  const std::string svg = svg_strike_chart(chart);
  const Label pain = label_in(svg, "max pain 198"), forward = label_in(svg, "forward 201");
  const Label third = label_in(svg, "and a third"), edge = label_in(svg, "at the edge");
  EXPECT_EQ(label_in(svg, "far away").y, pain.y);  // room enough: the first row
  EXPECT_EQ(forward.y, pain.y + 13);
  EXPECT_EQ(third.y, pain.y + 26);
  EXPECT_EQ(edge.y, pain.y);
  EXPECT_FALSE(forward.leftwards);
  EXPECT_TRUE(edge.leftwards);  // and so inside the drawing
}

TEST(Svg, ticks_are_round_and_cover) {
  EXPECT_EQ(round_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(round_ticks(3, 3, 5), (std::vector<double>{3}));
  EXPECT_EQ(short_number(1'680'000'000.0), "1.68B");
  EXPECT_EQ(short_number(84'123), "84.12k");
  EXPECT_EQ(short_number(0.0624), "0.0624");
}

TEST(Svg, stacked_bars_stand_on_one_another) {
  const auto at = [](int minute) { return Instant::ns(0) + Duration::minutes(minute); };
  TimeChart chart{.title = "t",
                  .bars = {{"a", "red", {{at(0), 2}, {at(0), -1}, {at(15), 0}}},
                           {"b", "blue", {{at(0), 3}, {at(0), -1}, {at(15), 4}}}},
                  .stacked = true};
  const std::string stacked = svg_time_chart(chart);
  // Tops and heights of the bars, in the order in which they are drawn; no bar for nothing.
  std::vector<double> y, height;
  for (size_t i = 0; (i = stacked.find("<rect x=", i)) != stacked.npos; ++i) {
    const std::string tag = stacked.substr(i, stacked.find("/>", i) - i);
    if (tag.find("rx=") != tag.npos) continue;  // of the legend
    const auto number = [&](const char* key) {
      const size_t from = tag.find(key) + std::string_view(key).size();
      return read_double(tag.substr(from, tag.find('"', from) - from)).value();
    };
    y.push_back(number(" y=\""));
    height.push_back(number("height=\""));
  }
  ASSERT_EQ(y.size(), 5u);
  EXPECT_NEAR(y[2] + height[2], y[0], 0.21);  // b ends where a begins
  EXPECT_NEAR(y[3], y[1] + height[1], 0.21);  // and below the line
  EXPECT_NEAR(height[2] / height[0], 1.5, 0.02);
  EXPECT_GT(y[4], y[2]);  // 4 alone is lower than 2 + 3
}

TEST(Svg, xy_charts_draw_lines_bands_and_ticks) {
  XyChart chart{.title = "H(x) <net>", .x_unit = "%", .x_scale = 100};
  EXPECT_EQ(svg_xy_chart(chart), "");
  chart.series.push_back({"band", "blue", {{-0.1, -5, 5}, {0.1, -9, 9}}, XySeries::Shape::band});
  chart.series.push_back({"line", "red", {{-0.1, 1, 1}, {0.1, 2, 2}}});
  chart.series.push_back({"quotes", "green", {{0, 3, 4}}, XySeries::Shape::ticks});
  chart.marks = {{0.0, "forward"}, {7.0, "outside"}};
  const std::string svg = svg_xy_chart(chart);
  for (const char* part :
       {"H(x) &lt;net&gt;", "fill:blue", "stroke:red", "fill:green", ">forward<", "10%"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  EXPECT_EQ(svg.find("outside"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  chart.series = {{"one", "red", {{1, 1, 1}}}};  // a flat range is no division by zero
  EXPECT_EQ(svg_xy_chart(chart).find("nan"), std::string::npos);
}

TEST(Svg, TicksOfARangeOfAFewLastBitsEnd) {
  EXPECT_EQ(round_ticks(0.10949999999999999, 0.10950000000000003, 5).size(), 1u);
}

}  // namespace
}  // namespace delever::render
