// Against published vectors (RFC 4231, RFC 4648, the msgpack specification, Ethereum), and against
// signatures of another implementation where ../shared has them.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "auth/digest.h"
#include "auth/ethereum.h"
#include "auth/msgpack.h"
#include "base/file.h"
#include "base/source_root.h"
#include "base/text.h"

namespace delever::auth {
namespace {

TEST(Digest, PublishedVectors) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(keccak256("")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(from_hex("00fFa1").value(), std::string("\x00\xff\xa1", 3));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_TRUE(same("abc", "abc"));
  EXPECT_FALSE(same("abc", "abd"));
  EXPECT_FALSE(same("abc", "ab"));
}

TEST(Msgpack, ShortestFormsInTheOrderOfTheText) {
  const auto packed = [](std::string_view json) { return hex(msgpack_of_json(json).value()); };
  EXPECT_EQ(packed(R"({"b":1,"a":[true,false,null]})"), "82a16201a16193c3c2c0");
  EXPECT_EQ(packed("[127,128,255,256,65535,65536,4294967295,4294967296]"),
            "987fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000");
  EXPECT_EQ(packed("[-1,-32,-33,-128,-129,-32769,-2147483649]"),
            "97ffe0d0dfd080d1ff7fd2ffff7fffd3ffffffff7fffffff");
  EXPECT_EQ(packed("1.5"), "cb3ff8000000000000");
  EXPECT_EQ(packed('"' + std::string(31, 'x') + '"').substr(0, 2), "bf");
  EXPECT_EQ(packed('"' + std::string(32, 'x') + '"').substr(0, 4), "d920");
  EXPECT_EQ(packed('"' + std::string(256, 'x') + '"').substr(0, 6), "da0100");
  EXPECT_FALSE(msgpack_of_json("{\"a\":").has_value());
  EXPECT_FALSE(msgpack_of_json(std::string(100, '[') + std::string(100, ']')).has_value());
}

TEST(Ethereum, WhatIsSignedComesFromItsSigner) {
  const std::string key = from_hex(std::string(63, '0') + "1").value();
  // The address of the key 1 is known to everybody.
  EXPECT_EQ(address_of(key), "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
  const std::string digest = l1_digest({.action = "\x80", .nonce = 7});
  Signature signature = sign(digest, key).value();
  EXPECT_EQ(signer(digest, signature).value(), address_of(key));
  EXPECT_NE(signer(l1_digest({.action = "\x80", .nonce = 8}), signature).value(), address_of(key));
  EXPECT_NE(l1_digest({.action = "\x80", .nonce = 7, .testnet = true}), digest);
  EXPECT_NE(l1_digest({.action = "\x80", .nonce = 7, .vault = std::string(20, '\1')}), digest);
  EXPECT_NE(l1_digest({.action = "\x80", .nonce = 7, .expires = 0}), digest);
  signature.v = 29;
  EXPECT_FALSE(signer(digest, signature).has_value());
  EXPECT_FALSE(signer(digest, {.r = "0x", .s = "0x1", .v = 27}).has_value());
  EXPECT_FALSE(signer(digest, {.r = "0x0", .s = "0x0", .v = 27}).has_value());
  EXPECT_EQ(address_of(std::string(32, '\0')), "");
}

TEST(Ethereum, AFieldThatIsNotOfItsTypeIsRefused) {
  const auto digest = [](std::string_view type, std::string_view value) {
    return user_signed_digest("UsdSend", {{type, "x", value}}, 1).has_value();
  };
  EXPECT_TRUE(digest("address", "0x" + std::string(40, 'a')));
  EXPECT_FALSE(digest("address", "0x" + std::string(39, 'a')));
  EXPECT_FALSE(digest("uint64", "-1"));
  EXPECT_FALSE(digest("bool", "1"));
  EXPECT_FALSE(digest("bytes", ""));
}

// Signatures of a client library that is not ours.
class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path =
        std::string(source_root()) + "/../shared/protocols/hyperliquid_signing_vectors.json";
    auto text = read_file(path);
    if (!text.has_value()) GTEST_SKIP() << "no " << path;
    ASSERT_EQ(parser_.parse(simdjson::padded_string(text.value())).get(root_), simdjson::SUCCESS);
  }
  static std::string text(simdjson::dom::element e, const char* key) {
    std::string_view found;
    return e[key].get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
  }
  static Signature signature(simdjson::dom::element e) {
    return {text(e["signature"], "r"), text(e["signature"], "s"),
            e["signature"]["v"].get_uint64().value_unsafe()};
  }
  static std::string digest(simdjson::dom::element e) {
    const std::string packed = msgpack_of_json(simdjson::minify(e["action"])).value();
    const std::string expected = text(e, "msgpack");
    if (!expected.empty()) {
      EXPECT_EQ(hex(packed), expected);
    }
    L1Action a{.action = packed, .nonce = e["nonce"].get_uint64().value_unsafe()};
    if (const std::string vault = text(e, "vault"); !vault.empty())
      a.vault = from_hex(vault.substr(2)).value();
    uint64_t expires = 0;
    if (e["expires"].get(expires) == simdjson::SUCCESS) a.expires = expires;
    bool testnet = false;
    if (e["testnet"].get(testnet) == simdjson::SUCCESS) a.testnet = testnet;
    return l1_digest(a);
  }
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

TEST_F(Vectors, L1Actions) {
  size_t seen = 0;
  for (const simdjson::dom::element e : root_["l1"]) {
    const std::string made = digest(e);
    EXPECT_EQ("0x" + hex(made), text(e, "eip712_digest")) << text(e, "name");
    EXPECT_EQ(signer(made, signature(e)).value(), text(root_, "address")) << text(e, "name");
    ++seen;
  }
  EXPECT_GT(seen, 10U);
}

TEST_F(Vectors, WhatWasChangedAfterSigningComesFromSomebodyElse) {
  for (const simdjson::dom::element e : root_["negatives"])
    EXPECT_EQ(signer(digest(e), signature(e)).value(), text(e, "recovered")) << text(e, "name");
}

TEST_F(Vectors, UserSignedActions) {
  for (const simdjson::dom::element e : root_["user_signed"]) {
    const std::string type = text(e, "type");  // "HyperliquidTransaction:Name(string a,uint64 b)"
    const size_t open = type.find('(');
    const std::string name = type.substr(type.find(':') + 1, open - type.find(':') - 1);
    std::vector<std::string> kept;  // owns what the fields point to
    kept.reserve(64);
    std::vector<TypedField> fields;
    for (const std::string_view one :
         split(std::string_view(type).substr(open + 1, type.size() - open - 2), ',')) {
      const auto parts = split(one, ' ');
      const simdjson::dom::element value = e["message"][parts[1]].value_unsafe();
      kept.push_back(value.is_string() ? std::string(value.get_string().value_unsafe())
                                       : std::to_string(value.get_uint64().value_unsafe()));
      kept.push_back(std::string(parts[0]));
      kept.push_back(std::string(parts[1]));
      fields.push_back({kept[kept.size() - 2], kept[kept.size() - 1], kept[kept.size() - 3]});
    }
    const std::string made = user_signed_digest(name, fields, 0x66eee).value();
    EXPECT_EQ("0x" + hex(made), text(e, "eip712_digest")) << name;
    EXPECT_EQ(signer(made, signature(e)).value(), text(root_, "address")) << name;
  }
}

}  // namespace
}  // namespace delever::auth
