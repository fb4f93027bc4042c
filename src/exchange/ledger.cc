#include "exchange/ledger.h"

namespace delever::exchange {

void Ledger::open(size_t coins) {
  CHECK(coins_ == 0 && wallets_.empty());
  coins_ = coins;
  fees_.resize(coins);
  shortfall_.resize(coins);
  deposited_.resize(coins);
  open_cost_.resize(coins);
  clearing_.resize(coins);
}

Wide Ledger::imbalance(CoinId coin, Wide margins) const {
  CHECK(coin < coins_);
  Wide sum = margins + fees_[coin] - shortfall_[coin] - deposited_[coin] - open_cost_[coin] +
             clearing_[coin];
  for (size_t at = coin; at < wallets_.size(); at += coins_) sum += wallets_[at];
  return sum;
}

}  // namespace delever::exchange
