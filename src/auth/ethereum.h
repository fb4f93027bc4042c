// Who signed: EIP-712 digests as Hyperliquid makes them, and the address that a secp256k1 signature
// over one comes from. A wrong signature is not an error but another address.
//
//   action hash = keccak(msgpack(action), nonce (8 bytes), 00 or 01 and the vault's address,
//                        with an expiry: 00 and its 8 bytes)
//   digest      = keccak(19 01, domain separator, keccak(type hash, fields))
// https://hyperliquid.gitbook.io (signing), https://eips.ethereum.org/EIPS/eip-712
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever::auth {

struct L1Action {
  std::string_view action;  // msgpack
  uint64_t nonce = 0;
  std::string vault;  // 20 bytes, or empty
  std::optional<uint64_t> expires;
  bool testnet = false;
};
std::string l1_digest(const L1Action& action);  // 32 bytes

// One field of a user-signed action: its EIP-712 type ("string", "address", "uint64", "bool") and
// value as text (addresses with 0x, whole numbers in decimal).
struct TypedField {
  std::string_view type, name, value;
};
// The digest of HyperliquidTransaction:NAME(...). malformed: a value is not of its type.
Result<std::string> user_signed_digest(std::string_view name, const std::vector<TypedField>& fields,
                                       uint64_t chain_id);

struct Signature {
  std::string r, s;  // hex with 0x, leading zeros may be missing
  uint64_t v = 0;    // 27 or 28
};
// "0x" and 40 lower-case digits. malformed: no public key belongs to this signature.
Result<std::string> signer(std::string_view digest, const Signature& signature);
std::string address_of(std::string_view private_key);  // 32 bytes; empty where it is no key
// For tests and for clients of our own.
Result<Signature> sign(std::string_view digest, std::string_view private_key);

}  // namespace delever::auth
