// A 64-bit digest of a sequence of integers and bytes, the same on every machine: multiply and
// fold, as wyhash does. It tells states and files apart; it is no defence against someone who wants
// two to look alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace delever {

class Hasher {
 public:
  void add(uint64_t x) {
    __extension__ using Product = unsigned __int128;
    const Product p = static_cast<Product>(state_ ^ x ^ 0xa0761d6478bd642fULL) *
                      (0xe7037ed1a0b428dbULL ^ ++count_);
    state_ = static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
  }
  void add(std::string_view bytes) {
    add(bytes.size());
    uint64_t word = 0;
    int n = 0;
    for (const char c : bytes) {
      word |= static_cast<uint64_t>(static_cast<unsigned char>(c)) << (8 * n);
      if (++n < 8) continue;
      add(word);
      word = 0;
      n = 0;
    }
    if (n) add(word);
  }
  uint64_t digest() const { return state_; }

 private:
  uint64_t state_ = 0x8ebc6af09c88c6e3ULL, count_ = 0;
};

}  // namespace delever
