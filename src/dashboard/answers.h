// Answers as JSON, from the reports and renderings that the verbs of the command line use, so that
// a number here is the number there. Functions of their arguments: any thread may call them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dashboard/frame_metrics.h"
#include "dashboard/question.h"
#include "reports/brief.h"
#include "reports/follow.h"
#include "reports/series.h"
#include "reports/survey.h"

namespace delever::dashboard {

// What is shown.
struct Subject {
  std::vector<std::string> tapes;
  std::string claims;         // a CSV of published claims; may be empty
  std::string asset = "BTC";  // where a question names none
  std::string at;             // where a question names none; empty: the latest
  std::string title;
};

// All that one pass over the tapes tells of one coin at one time.
struct Frame {
  reports::Brief brief;
  reports::Series series;
  reports::Survey survey;
  Duration board_stale_after;
  FrameMetrics metrics;
};
using FramePtr = std::shared_ptr<const Frame>;

// As `delever brief --tape ... --asset --at` knows it.
Result<FramePtr> make_frame(const Subject& subject, const std::string& asset, const std::string& at,
                            Clock& clock);

// Of a question whose kind is of_frame, and of any other. Where the tapes cannot tell, the answer
// is an object with "unknown": what is missing.
Result<std::string> answer_from(const Question& question, const Frame& frame);
Result<std::string> answer_alone(const Question& question, const Subject& subject, Clock& clock);

// {"error": {kind, where, what}}
std::string error_json(const Error& error);

// Frames of tapes that grow, at their newest; gauges are kept, so that each costs what is new. One
// thread at a time may call it.
class Follower {
 public:
  static Result<std::unique_ptr<Follower>> open(const Subject& subject, const std::string& asset);
  Result<bool> advance(uint64_t most) { return tape_->advance(most); }
  bool complete() const { return tape_->complete(); }
  std::optional<Instant> at() const { return tape_->at(); }
  Result<FramePtr> frame();  // without claims, and without a verdict

 private:
  std::unique_ptr<reports::SeriesBuilder> series_;
  std::unique_ptr<reports::Surveyor> surveyor_;
  std::unique_ptr<EventSink> both_;
  std::unique_ptr<reports::FollowedTape> tape_;
  Duration board_stale_after_;
};

}  // namespace delever::dashboard
