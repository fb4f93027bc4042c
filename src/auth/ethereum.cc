#include "auth/ethereum.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <array>

#include "auth/digest.h"
#include "base/text.h"

namespace delever::auth {
namespace {

std::string word(uint64_t value, size_t bytes) {  // big endian
  std::string out(bytes, '\0');
  for (size_t i = 0; i < 8 && i < bytes; ++i)
    out[bytes - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

// Of a domain {name, version "1", chain id, contract 0}.
std::string domain_separator(std::string_view name, uint64_t chain_id) {
  return keccak256(keccak256("EIP712Domain(string name,string version,uint256 chainId,"
                             "address verifyingContract)") +
                   keccak256(name) + keccak256("1") + word(chain_id, 32) + std::string(32, '\0'));
}

std::string digest(const std::string& domain, const std::string& fields) {
  return keccak256("\x19\x01" + domain + keccak256(fields));
}

std::string_view without_0x(std::string_view text) {
  return text.starts_with("0x") || text.starts_with("0X") ? text.substr(2) : text;
}

// 32 bytes from hex whose leading zeros may be missing.
std::optional<std::string> scalar(std::string_view text) {
  const std::string_view digits = without_0x(text);
  if (digits.empty() || digits.size() > 64) return std::nullopt;
  return from_hex(std::string(64 - digits.size(), '0') + std::string(digits));
}

// One context for the whole program: read only once it is made.
const secp256k1_context* context() {
  static const secp256k1_context* const made =
      secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
  return made;
}

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string address_of(const secp256k1_pubkey& key) {
  std::array<unsigned char, 65> bytes{};
  size_t length = bytes.size();
  secp256k1_ec_pubkey_serialize(context(), bytes.data(), &length, &key, SECP256K1_EC_UNCOMPRESSED);
  const std::string_view point(reinterpret_cast<const char*>(bytes.data()) + 1, 64);
  return "0x" + hex(keccak256(point).substr(12));
}

// A field as 32 bytes; nothing where the value is not of the type.
std::optional<std::string> encoded(const TypedField& f) {
  if (f.type == "string") return keccak256(f.value);
  if (f.type == "address") {
    const auto bytes = from_hex(without_0x(f.value));
    if (!bytes || bytes->size() != 20) return std::nullopt;
    return std::string(12, '\0') + *bytes;
  }
  if (f.type == "bool") {
    if (f.value != "true" && f.value != "false") return std::nullopt;
    return word(f.value == "true" ? 1 : 0, 32);
  }
  if (f.type == "uint64") {
    const auto number = read_int(f.value);
    if (!number || *number < 0) return std::nullopt;
    return word(static_cast<uint64_t>(*number), 32);
  }
  return std::nullopt;
}

}  // namespace

std::string l1_digest(const L1Action& a) {
  std::string hashed(a.action);
  hashed += word(a.nonce, 8);
  hashed += a.vault.empty() ? std::string(1, '\0') : '\x01' + a.vault;
  if (a.expires) hashed += std::string(1, '\0') + word(*a.expires, 8);
  static const std::string domain = domain_separator("Exchange", 1337);
  static const std::string type = keccak256("Agent(string source,bytes32 connectionId)");
  return digest(domain, type + keccak256(a.testnet ? "b" : "a") + keccak256(hashed));
}

Result<std::string> user_signed_digest(std::string_view name, const std::vector<TypedField>& fields,
                                       uint64_t chain_id) {
  std::string type = "HyperliquidTransaction:" + std::string(name) + "(", values;
  for (const TypedField& f : fields) {
    if (&f != fields.data()) type += ',';
    type.append(f.type).append(" ").append(f.name);
    const auto bytes = encoded(f);
    if (!bytes)
      return Error{Fault::malformed, "not of the type " + std::string(f.type), std::string(f.name)};
    values += *bytes;
  }
  return digest(domain_separator("HyperliquidSignTransaction", chain_id),
                keccak256(type + ")") + values);
}

Result<std::string> signer(std::string_view hash, const Signature& signature) {
  const auto r = scalar(signature.r), s = scalar(signature.s);
  if (hash.size() != 32 || !r || !s || (signature.v != 27 && signature.v != 28))
    return Error{Fault::malformed, "not a signature: r and s of up to 64 hex digits, v 27 or 28"};
  const std::string both = *r + *s;
  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey key;
  if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, octets_of(both),
                                                           static_cast<int>(signature.v - 27)) ||
      !secp256k1_ecdsa_recover(context(), &key, &parsed, octets_of(hash)))
    return Error{Fault::malformed, "no public key belongs to this signature"};
  return address_of(key);
}

std::string address_of(std::string_view private_key) {
  secp256k1_pubkey key;
  if (private_key.size() != 32 ||
      !secp256k1_ec_pubkey_create(context(), &key, octets_of(private_key)))
    return {};
  return address_of(key);
}

Result<Signature> sign(std::string_view hash, std::string_view private_key) {
  secp256k1_ecdsa_recoverable_signature made;
  if (hash.size() != 32 || private_key.size() != 32 ||
      !secp256k1_ecdsa_sign_recoverable(context(), &made, octets_of(hash), octets_of(private_key),
                                        nullptr, nullptr))
    return Error{Fault::malformed, "neither a digest of 32 bytes nor a key"};
  std::string both(64, '\0');
  int id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(
      context(), reinterpret_cast<unsigned char*>(both.data()), &id, &made);
  return Signature{.r = "0x" + hex(both.substr(0, 32)),
                   .s = "0x" + hex(both.substr(32)),
                   .v = static_cast<uint64_t>(27 + id)};
}

}  // namespace delever::auth
