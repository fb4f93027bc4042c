// The digest that tells one setup from every other.
#include "base/hash.h"
#include "exchange/exchange.h"
#include "exchange/state.h"
#include "rulebooks/rule_fields.h"

namespace delever::exchange {
namespace {

// Sections of a rulebook that the exchange does not read there: index and scenarios come with
// IndexSetup and CoinSetup.
template <class T>
inline constexpr bool kAside = std::is_same_v<T, IndexRule> || std::is_same_v<T, ScenarioRule> ||
                               std::is_same_v<T, InsuranceRule> ||
                               std::is_same_v<T, CollateralRule> || std::is_same_v<T, StressRule> ||
                               std::is_same_v<T, UnifiedRule> || std::is_same_v<T, BorrowRule>;

// Every figure that decides what the exchange does. Each struct is bound member by member, here or
// in the lists of rulebooks/rule_fields.h, so that a new one does not compile until it is listed or
// left out with intent. Sources and what is not established decide nothing.
class Figures {
 public:
  uint64_t of(const ExchangeSetup& s) {
    // look_at_all and bound_at_once change what is looked at, not what comes of it.
    const auto& [venue, coins, indices, listings, adl_policy, margin_call, unwind, look_at_all,
                 unwind_slippage, bound_at_once] = s;
    all(venue, adl_policy, margin_call, unwind, unwind_slippage, coins, indices, listings);
    return hash_.digest();
  }

 private:
  template <class... T>
  void all(const T&... x) {
    (add(x), ...);
  }
  template <class T, class F>
  void each(const std::vector<T>& list, F f) {
    hash_.add(list.size());
    for (const T& x : list) f(x);
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void add(T x) { hash_.add(static_cast<uint64_t>(x)); }
  void add(const std::string& text) { hash_.add(std::string_view(text)); }
  template <class Tag, int kDigits>
  void add(Fixed<Tag, kDigits> x) {
    hash_.add(static_cast<uint64_t>(x.raw()));
  }
  template <class Tag, class Rep>
  void add(Strong<Tag, Rep> x) {
    add(x.raw());
  }
  void add(Duration d) { hash_.add(static_cast<uint64_t>(d.ns())); }
  void add(Instant t) { hash_.add(static_cast<uint64_t>(t.ns())); }
  template <class T>
  void add(const std::optional<T>& x) {
    hash_.add(x.has_value() ? 1 : 0);
    if (x) add(*x);
  }
  template <class T>
  void add(const std::vector<T>& list) {
    each(list, [this](const T& x) { add(x); });
  }

  void add(const CoinSetup& c) {
    const auto& [name, haircut, index, scenarios] = c;
    all(name, haircut, index, scenarios);
  }
  void add(const IndexSetup& i) {
    const auto& [name, rule, sources] = i;
    all(name, rule, sources);
  }
  void add(const matching::MatchBook::Band& band) {
    const auto& [lowest, highest] = band;
    all(lowest, highest);
  }
  void add(const Listing& l) {
    const auto& [symbol, rules, band, index, expiry, option, outside_mark, default_leverage] = l;
    all(symbol, rules, band, index, expiry, option, outside_mark, default_leverage);
  }
  void add(const margin::OptionTerms& t) {
    const auto& [type, strike] = t;
    all(type, strike);
  }
  // What the list of a rule's fields hands over.
  struct Digest {
    Figures& to;
    template <class T, class Read>
    void operator()(std::string_view, const T& x, Read) {
      to.add(x);
    }
    template <class T, class Read>
    void maybe(std::string_view, const T& x, Read) {
      to.add(x);
    }
    template <class T, class Read>
    void of_accounts(std::string_view, const T&, Read) {}  // in the state of those accounts
    template <class T>
    void section(std::string_view, const std::optional<T>& x) {
      if constexpr (!kAside<T>) to.add(x);
    }
    template <class T>
    void tables(std::string_view, const std::vector<T>& x) {
      if constexpr (!kAside<T>) to.add(x);
    }
    void source(SourceIndex) {}
    template <class T>
    void apart(const T&) {}
  };
  template <class T>
  requires requires(Digest& v, const T& x) { rulebooks::fields(v, x); }
  void add(const T& rule) {
    Digest v{*this};
    rulebooks::fields(v, rule);
  }

  Hasher hash_;
};

}  // namespace

uint64_t digest_of(const ExchangeSetup& setup) { return Figures().of(setup); }

}  // namespace delever::exchange
