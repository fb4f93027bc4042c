#include "reports/facts_feed.h"
#include "venues/registry.h"

namespace delever::reports {
namespace {

void copy_within(const codec::Ladder& side, Price end, bool bid, std::vector<Level>& out) {
  out.clear();
  for (size_t i = 0; i < side.size(); ++i) {
    if (bid ? side[i].price < end : side[i].price > end) return;
    out.push_back(side[i]);
  }
}

// A simulation's own messages: one that cannot be read is our bug, and ends the run with its
// reason.
class OwnMessages final : public codec::MessageSink {
 public:
  explicit OwnMessages(EventSink& next) : next_(next) {}
  void on_event(const Event& event) override { next_.on_event(event); }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    if (!fault_) fault_ = why;
  }
  const std::optional<Error>& fault() const { return fault_; }

 private:
  EventSink& next_;
  std::optional<Error> fault_;
};

}  // namespace

void FactsSink::on_event(const Event& event) {
  observer_.on_event(event);
  const auto* snapshot = std::get_if<BookSnapshot>(&event.payload);
  if (!snapshot && !std::holds_alternative<BookDelta>(event.payload)) return;
  if (event.instrument >= extents_.size()) extents_.resize(event.instrument + 1);
  Extent& extent = extents_[event.instrument];
  if (snapshot && !snapshot->bids.empty() && !snapshot->asks.empty())
    extent = {true, snapshot->bids.back().price, snapshot->asks.back().price};
  books_.on_event(event);
  if (!extent.known || !observer_.wants_book(event.instrument, event.at)) return;
  const codec::Book* book = books_.book(event.instrument);
  if (!book) return;
  copy_within(book->bids(), extent.lowest_bid, true, bids_);
  copy_within(book->asks(), extent.highest_ask, false, asks_);
  observer_.on_book(event.instrument, event.at, bids_, asks_);
}

Result<void> FactsOutput::add_streams(const std::vector<sim::Simulation::StreamNames>& streams) {
  for (const auto& s : streams) {
    auto decoder = TRY(venues::make_decoder("simulated", {{"venue", s.venue}}, instruments_,
                                            static_cast<SourceId>(decoders_.size())));
    decoders_.push_back(std::move(decoder));
  }
  return {};
}

Result<void> FactsOutput::on_lines(size_t stream, Instant received, std::string_view lines) {
  OwnMessages sink(*sink_);
  for (std::string_view rest = lines; !rest.empty();) {
    const size_t end = rest.find('\n');
    line_.assign(rest.substr(0, end));
    const size_t length = line_.size();
    line_.resize(length + codec::kPadding);
    decoders_[stream]->decode({std::string_view(line_).substr(0, length), received}, sink);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  if (sink.fault()) return Error(*sink.fault()).at("a simulated message");
  return next_ ? next_->on_lines(stream, received, lines) : Result<void>();
}

Result<void> FactsOutput::on_positions(std::string_view rows) {
  return next_ ? next_->on_positions(rows) : Result<void>();
}

Result<void> FactsOutput::on_accounts(std::string_view rows) {
  return next_ ? next_->on_accounts(rows) : Result<void>();
}

Result<void> FactsOutput::on_book(std::string_view asset, std::string_view rows) {
  return next_ ? next_->on_book(asset, rows) : Result<void>();
}

}  // namespace delever::reports
