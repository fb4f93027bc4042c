// A brief in the making: it hears events, and says at any time what a brief of that moment says. Of
// a recording one time is asked, of a tape that grows one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gauges/claims.h"
#include "gauges/gauges.h"
#include "gauges/knowledge.h"
#include "gauges/rules.h"
#include "reports/brief.h"
#include "verdict/setup.h"

namespace delever::reports {

class BriefBuilder final : public EventSink {
 public:
  // The tables must outlive it; `inputs.at` is the last time that will be asked about.
  static Result<std::unique_ptr<BriefBuilder>> make(BriefInputs inputs,
                                                    const Instruments& instruments,
                                                    const std::vector<Source>& sources);
  void on_event(const Event& event) override { first_->on_event(event); }

  // At a time that is not before the last event. What the feed read is the feed's to say.
  Brief brief(Instant at);
  const gauges::Gauges& gauges() const { return *asked_; }  // of the brief's own coin
  const gauges::Rules& rules() const { return rules_; }

 private:
  // Behind the recorder of days, so that a day is closed before the first event after it reaches
  // any gauge.
  struct Fan final : EventSink {
    explicit Fan(BriefBuilder& of) : builder(of) {}
    void on_event(const Event& event) override {
      builder.knowledge_->on_event(event);
      for (auto& one : builder.others_) one->on_event(event);
    }
    BriefBuilder& builder;
  };
  BriefBuilder(BriefInputs inputs, gauges::Rules rules, gauges::ClaimRules claim_rules);
  void watch(const Instruments& instruments, const std::vector<Source>& sources);
  void put_verdict(Brief& brief) const;

  const BriefInputs inputs_;
  const gauges::Rules rules_;
  const gauges::ClaimRules claim_rules_;
  std::optional<verdict::Setup> setup_;  // missing: no verdict is asked for
  std::vector<std::unique_ptr<gauges::Gauges>> gauges_, others_;
  const gauges::Gauges* asked_ = nullptr;
  std::optional<gauges::KnowledgeRecorder> knowledge_;
  Fan fan_{*this};
  std::optional<gauges::DayRecorder> days_;
  EventSink* first_ = nullptr;
};

}  // namespace delever::reports
