#include "live/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "venues/dialects.h"
#include "venues/registry.h"
#include "venues/terms/scan.h"

namespace delever::live {
namespace {

constexpr size_t kPagesMost = 200;

struct ListRequest {
  std::string target;  // path and query, or the body of a POST
  std::string channel;
};

// Where each market says what it trades (docs/sources are in venues/<venue>/rest.cc, which reads
// the answers).
std::vector<ListRequest> list_requests(const MarketWant& want) {
  const std::string& market = want.market;
  const auto get = [](const std::string& path, const std::string& query = "") {
    return ListRequest{query.empty() ? path : path + "?" + query, path};
  };
  if (market == "binance-usdm") return {get("/fapi/v1/exchangeInfo")};
  if (market == "binance-coinm") return {get("/dapi/v1/exchangeInfo")};
  if (market == "binance-spot") return {get("/api/v3/exchangeInfo")};
  if (market == "binance-eoptions") return {get("/eapi/v1/exchangeInfo")};
  if (market == "deribit") return {get("/api/v2/public/get_instruments", "currency=any")};
  if (market == "hyperliquid") return {{R"({"type":"meta"})", "meta"}};
  if (market.starts_with("bybit:")) {
    return {get("/v5/market/instruments-info",
                fmt::format("category={}&limit=1000", market.substr(6)))};
  }
  std::vector<ListRequest> out;  // OKX: one call a kind, and one a coin for options
  for (const char* kind : {"SWAP", "FUTURES", "SPOT"})
    out.push_back(get("/api/v5/public/instruments", fmt::format("instType={}", kind)));
  for (const std::string& coin : want.chains) {
    out.push_back(get("/api/v5/public/instruments",
                      fmt::format("instType=OPTION&instFamily={}-USD", upper(coin))));
  }
  return out;
}

// Listings are kept in the table of instruments; events are not wanted here.
class NoEvents final : public codec::MessageSink {
 public:
  void on_event(const Event&) override {}
  void on_undecoded(const codec::RawMessage&, const Error& error) override {
    if (!why) why = error;
  }
  std::optional<Error> why;
};

// Asks one request after the other and then chooses.
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  Listing(net::Client& client, MarketWant want, Expanded done)
      : client_(client), want_(std::move(want)), done_(std::move(done)) {}

  Result<void> begin() {
    dialect_ = TRY(venues::make_dialect(want_.market));
    const venues::Terms& terms = dialect_->terms();
    decoder_ = terms.market;
    category_ = terms.category;
    post_path_ = terms.rest.post_path;
    base_ = want_.url.empty() ? terms.rest.base : http_base(want_.url);
    requests_ = list_requests(want_);
    ask();
    return {};
  }

 private:
  static std::string http_base(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    if (url.find("://") == std::string::npos) return "http://" + url;
    return url.starts_with("ws") ? "http" + url.substr(2) : url;
  }

  void ask() {
    const ListRequest& request = requests_[at_];
    net::HttpRequest http;
    if (request.target.starts_with("/")) {
      http.url = base_ + (page_.empty() ? request.target : page_);
    } else {
      http.method = "POST";
      http.url = base_ + post_path_;
      http.body = request.target;
      http.headers = {{"Content-Type", "application/json"}};
    }
    const std::string url = http.url;
    client_.request(std::move(http), [self = shared_from_this(), url](Result<net::HttpAnswer> a) {
      if (!a.has_value()) return self->done_(a.error());
      self->answered(url, a.value());
    });
  }

  // One page: its instruments are known, then the next page or the next request.
  void answered(const std::string& url, net::HttpAnswer& answer) {
    venues::HttpResponse response{answer.status, {}, answer.body};
    for (const net::Header& header : answer.headers)
      response.headers.emplace_back(header.name, header.value);
    if (const std::string why = dialect_->refusal(response); !why.empty())
      return done_(
          Error{Fault::unavailable, "the list of instruments was answered by " + why, url});
    const std::string before = std::exchange(
        page_, dialect_->next_page(page_.empty() ? requests_[at_].target : page_, answer.body));
    if (!page_.empty() && (page_ == before || ++pages_ > kPagesMost))
      return done_(Error{Fault::malformed, "the list of instruments does not come to an end", url});
    if (want_.market == "hyperliquid") {
      add_names(answer.body);
      return choose();
    }
    const ListRequest& request = requests_[at_];
    codec::StreamSettings settings{{"request", request.target}};
    if (!category_.empty()) settings["category"] = category_;
    auto decoder = venues::make_decoder(decoder_, settings, instruments_, 0);
    if (!decoder.has_value()) return done_(decoder.error());
    answer.body.reserve(answer.body.size() + codec::kPadding);
    NoEvents sink;
    decoder.value()->decode({answer.body, answer.received}, sink);
    if (sink.why) return done_(Error{Fault::malformed, sink.why->text(), url});
    if (page_.empty()) ++at_;
    if (at_ < requests_.size()) return ask();
    choose();
  }

  // Hyperliquid's universe is a list of names; what each is comes with its contexts.
  void add_names(std::string_view body) {
    for (const std::string_view row : venues::objects(venues::inside(body, "universe"))) {
      const std::string symbol(venues::member(row, "name").value_or(""));
      if (symbol.empty()) continue;
      instruments_.add({.venue = "hyperliquid",
                        .symbol = symbol,
                        .kind = InstrumentKind::linear,
                        .base = symbol,
                        .quote = "USD",
                        .settle = "USDC"});
    }
  }

  // The symbols that the patterns and chains mean, in order.
  void choose() {
    std::set<std::string> symbols;
    const auto add_where = [&](const std::string& what, const auto& fits) -> Result<void> {
      const size_t before = symbols.size();
      bool any = false;
      for (uint32_t i = 0; i < instruments_.size(); ++i) {
        const Instrument& one = instruments_[InstrumentId(i)];
        if (!fits(one)) continue;
        symbols.insert(one.symbol);
        any = true;
      }
      if (!any && symbols.size() == before)
        return Error{Fault::not_found, "fits nothing that the venue lists",
                     want_.market + ":" + what};
      return {};
    };
    for (const std::string& symbol : want_.symbols) {
      if (!is_pattern(symbol)) {
        symbols.insert(symbol);
        continue;
      }
      auto added =
          add_where(symbol, [&](const Instrument& i) { return matches(symbol, i.symbol); });
      if (!added.has_value()) return done_(added.error());
    }
    for (const std::string& coin : want_.chains) {
      auto added = add_where("the option chain of " + coin, [&](const Instrument& i) {
        return i.kind == InstrumentKind::option && i.base == upper(coin);
      });
      if (!added.has_value()) return done_(added.error());
    }
    want_.symbols.assign(symbols.begin(), symbols.end());
    want_.chains.clear();
    done_(std::move(want_));
  }

  net::Client& client_;
  MarketWant want_;
  const Expanded done_;
  std::unique_ptr<venues::Dialect> dialect_;
  std::string decoder_, category_, post_path_, base_, page_;
  std::vector<ListRequest> requests_;
  size_t at_ = 0, pages_ = 0;
  Instruments instruments_;
};

}  // namespace

void expand_want(net::Client& client, const MarketWant& want, Expanded done) {
  const bool asks =
      !want.chains.empty() || std::any_of(want.symbols.begin(), want.symbols.end(), is_pattern);
  if (!asks) return done(want);
  const auto listing = std::make_shared<Listing>(client, want, done);
  if (const auto begun = listing->begin(); !begun.has_value()) done(begun.error());
}

}  // namespace delever::live
