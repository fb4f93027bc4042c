#include "dashboard/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace delever::dashboard {
namespace {

std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

std::string labels_of(const gauges::Reading& r) {
  return fmt::format(R"(asset="{}",name="{}",venue="{}",expiry="{}",unit="{}")", label(r.asset),
                     label(r.name), label(r.venue.value_or("")),
                     r.expiry ? expiry_name(*r.expiry) : "", label(r.unit));
}

void one(std::string& out, std::string_view name, std::string_view type, std::string_view help,
         double value) {
  head(out, name, type, help);
  out += fmt::format("{} {}\n", name, write_double(value));
}

}  // namespace

void LatencyCounts::add(Duration took) {
  const double seconds = took.in_seconds();
  size_t i = 0;
  while (i < kBounds.size() && seconds > kBounds[i]) ++i;
  ++counts_[i];
  ++total_;
  sum_ += seconds;
}

void LatencyCounts::write(std::string& out, const std::string& name) const {
  uint64_t below = 0;
  for (size_t i = 0; i < kBounds.size(); ++i) {
    below += counts_[i];
    out += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, write_double(kBounds[i]), below);
  }
  out += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n{}_sum {}\n{}_count {}\n", name, total_, name,
                     write_double(sum_), name, total_);
}

std::string server_metrics(const ServerCounts& c) {
  std::string out;
  head(out, "delever_http_requests_total", "counter", "answers by path and status");
  for (const auto& [key, count] : c.requests)
    out += fmt::format("delever_http_requests_total{{path=\"{}\",status=\"{}\"}} {}\n",
                       label(key.first), key.second, count);
  head(out, "delever_http_answer_seconds", "histogram", "from the request to its answer");
  c.latency.write(out, "delever_http_answer_seconds");
  const auto number = [](auto n) { return static_cast<double>(n); };
  one(out, "delever_http_connections", "gauge", "open now", number(c.connections));
  one(out, "delever_http_listeners", "gauge", "pages that wait for events", number(c.listeners));
  one(out, "delever_http_refused_total", "counter", "requests refused: token, origin, flood",
      number(c.refused));
  one(out, "delever_cache_hits_total", "counter", "answers that were ready", number(c.cache_hits));
  one(out, "delever_cache_misses_total", "counter", "answers that were made",
      number(c.cache_misses));
  one(out, "delever_cache_bytes", "gauge", "bytes of answers kept", number(c.cache_bytes));
  one(out, "delever_questions_waiting", "gauge", "answers being made", number(c.waiting));
  one(out, "delever_frames_total", "counter", "passes over the tapes", number(c.frames));
  one(out, "delever_frame_seconds_total", "counter", "time they took", c.frame_seconds);
  one(out, "delever_tape_version", "gauge", "changes of the tapes seen", number(c.version));
  one(out, "delever_tape_growing", "gauge", "1 while a tape is written", c.growing ? 1 : 0);
  one(out, "delever_tape_stale", "gauge", "1 while a tape that is written cannot be followed",
      c.stale ? 1 : 0);
  if (c.growing)
    one(out, "delever_tape_behind_seconds", "gauge", "clock less what the readings are as of",
        c.behind.in_seconds());
  return out;
}

std::string readings_metrics(const std::vector<FramePtr>& frames) {
  struct Metric {
    const char* name;
    const char* help;
  };
  static constexpr std::array<Metric, 7> metrics{{
      {"delever_reading", "a reading; absent while it is pending"},
      {"delever_reading_low", "the low end of its interval; absent: unbounded"},
      {"delever_reading_high", "the high end of its interval; absent: unbounded"},
      {"delever_reading_state", "1 for the state that a reading has"},
      {"delever_as_of_seconds", "the time that the readings are of"},
      {"delever_verdict", "1 for the answer that a coin has"},
      {"delever_verdict_probability", "of a second wave within 7 days"},
  }};
  std::string out;
  for (size_t i = 0; i < metrics.size(); ++i) {
    const auto has = [i](const FramePtr& frame) { return !frame->metrics.readings[i].empty(); };
    if (std::none_of(frames.begin(), frames.end(), has)) continue;
    head(out, metrics[i].name, "gauge", metrics[i].help);
    for (const FramePtr& frame : frames) out += frame->metrics.readings[i];
  }
  return out;
}

namespace {

std::array<std::string, 7> reading_lines(const reports::Brief& brief) {
  std::array<std::string, 7> lines;
  auto& [value, low, high, state, as_of, verdicts, probability] = lines;
  const std::string asset = label(brief.asset);
  for (const gauges::Reading& r : brief.readings) {
    const std::string labels = labels_of(r);
    const auto put = [&](std::string& out, const char* name, const std::optional<double>& v) {
      if (v) out += fmt::format("{}{{{}}} {}\n", name, labels, write_double(*v));
    };
    put(value, "delever_reading", r.value);
    put(low, "delever_reading_low", r.low);
    put(high, "delever_reading_high", r.high);
    state += fmt::format("delever_reading_state{{{},state=\"{}\"}} 1\n", labels,
                         gauges::state_name(r.state));
  }
  as_of = fmt::format("delever_as_of_seconds{{asset=\"{}\"}} {}\n", asset,
                      brief.as_of.ns() / 1'000'000'000);
  if (!brief.verdict) return lines;
  const verdict::Judged& judged = brief.verdict->judged;
  verdicts = fmt::format("delever_verdict{{asset=\"{}\",answer=\"{}\"}} 1\n", asset,
                         verdict::answer_name(judged.answer));
  if (judged.probability)
    probability = fmt::format("delever_verdict_probability{{asset=\"{}\"}} {}\n", asset,
                              write_double(*judged.probability));
  return lines;
}

std::string feed_lines(const reports::Survey& survey) {
  std::string messages, undecoded, last, lag, gaps;
  for (const reports::StreamHealth& s : survey.streams) {
    const std::string labels =
        fmt::format(R"(stream="{}",venue="{}")", label(s.name), label(s.venue));
    messages += fmt::format("delever_feed_messages_total{{{}}} {}\n", labels, s.messages);
    undecoded += fmt::format("delever_feed_undecoded_total{{{}}} {}\n", labels, s.undecoded);
    if (s.last)
      last += fmt::format("delever_feed_last_seconds{{{}}} {}\n", labels,
                          write_double(static_cast<double>(s.last->ms()) / 1000));
    if (s.lag_p99)
      lag += fmt::format("delever_feed_lag_p99_seconds{{{}}} {}\n", labels,
                         write_double(s.lag_p99->in_seconds()));
    uint64_t count = 0;
    for (const reports::GapSeen& g : survey.gaps) count += g.stream == s.name;
    gaps += fmt::format("delever_feed_gaps_total{{{}}} {}\n", labels, count);
  }
  std::string out;
  head(out, "delever_feed_messages_total", "counter", "messages of a stream on the tapes");
  out += messages;
  head(out, "delever_feed_undecoded_total", "counter", "of them not decoded");
  out += undecoded;
  head(out, "delever_feed_last_seconds", "gauge", "when a stream was heard last");
  out += last;
  head(out, "delever_feed_lag_p99_seconds", "gauge", "receive time less venue time, 99 %");
  out += lag;
  head(out, "delever_feed_gaps_total", "counter", "gaps of a stream");
  out += gaps;
  return out;
}

}  // namespace

FrameMetrics metrics_of(const reports::Brief& brief, const reports::Survey& survey) {
  return {reading_lines(brief), feed_lines(survey)};
}

}  // namespace delever::dashboard
