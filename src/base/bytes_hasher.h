// The digest of a file, the same on every machine: it stands in marks and on tapes. It tells files
// apart and is no defence against someone who wants two to look alike.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace delever {

// Both halves of a product, folded.
constexpr uint64_t folded_product(uint64_t a, uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product p = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
}

// Eight bytes as a number, lowest first on every machine.
inline uint64_t word_at(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
}

// The digest of a file, piece by piece as its bytes come; how they are cut makes no difference.
// Four lanes of eight bytes: one product waits five cycles for the one before it, four hide each
// other.
class BytesHasher {
 public:
  void add(std::string_view bytes) {
    if (bytes.empty()) return;
    length_ += bytes.size();
    if (held_ > 0) {
      const size_t taken = std::min(bytes.size(), rest_.size() - held_);
      std::memcpy(rest_.data() + held_, bytes.data(), taken);
      held_ += taken;
      bytes.remove_prefix(taken);
      if (held_ < rest_.size()) return;
      take(std::string_view(rest_.data(), rest_.size()));
    }
    const size_t left = bytes.size() % rest_.size();
    take(bytes.substr(0, bytes.size() - left));
    bytes.remove_prefix(bytes.size() - left);
    held_ = bytes.size();
    if (held_ > 0) std::memcpy(rest_.data(), bytes.data(), held_);
  }
  uint64_t digest() const {
    Hasher all;
    for (const uint64_t lane : lanes_) all.add(lane);
    all.add(std::string_view(rest_.data(), held_));
    all.add(length_);
    return all.digest();
  }

 private:
  static constexpr size_t kLanes = 4;
  static constexpr std::array<uint64_t, kLanes> kFactors{
      0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL, 0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL};
  // Whole rounds. In a copy, which the compiler keeps in registers: bytes may lie anywhere.
  void take(std::string_view bytes) {
    auto lanes = lanes_;
    for (const char* at = bytes.data(); at != bytes.data() + bytes.size(); at += 8 * kLanes) {
      for (size_t i = 0; i < kLanes; ++i)
        lanes[i] = folded_product(lanes[i] ^ word_at(at + 8 * i), kFactors[i]) + kFactors[i];
    }
    lanes_ = lanes;
  }

  std::array<uint64_t, kLanes> lanes_ = kFactors;
  std::array<char, 8 * kLanes> rest_{};
  size_t held_ = 0;
  uint64_t length_ = 0;
};

}  // namespace delever
