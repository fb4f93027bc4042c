#include "net/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace delever::net {
namespace {

struct HeardFrames : FrameReader::Sink {
  std::vector<std::string> messages;
  std::vector<std::pair<Opcode, std::string>> controls;
  bool on_message(std::string_view bytes, bool) override {
    messages.emplace_back(bytes);
    return true;
  }
  bool on_control(Opcode opcode, std::string_view payload) override {
    controls.emplace_back(opcode, payload);
    return true;
  }
};

// Reads `wire` in pieces of the given sizes, the last one again and again.
std::optional<FrameFault> read_all(FrameReader& reader, const std::string& wire, HeardFrames& heard,
                                   const std::function<size_t()>& piece) {
  std::string waiting;
  std::optional<FrameFault> fault;
  for (size_t at = 0; at < wire.size() && !fault;) {
    const size_t n = std::min(piece(), wire.size() - at);
    waiting.append(wire, at, n);
    at += n;
    waiting.erase(0, reader.read({waiting.data(), waiting.size()}, heard, fault));
  }
  return fault;
}

std::optional<FrameFault> read_whole(const FrameReader::Options& options, const std::string& wire,
                                     HeardFrames& heard) {
  FrameReader reader(options);
  return read_all(reader, wire, heard, [&] { return wire.size(); });
}

std::string bytes(std::initializer_list<int> list) {
  std::string out;
  for (const int b : list) out += static_cast<char>(b);
  return out;
}

TEST(Frame, ExamplesOfTheStandard) {  // RFC 6455, 5.7
  HeardFrames heard;
  EXPECT_FALSE(read_whole({}, bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}), heard));
  EXPECT_FALSE(read_whole({.from_client = true},
                          bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}),
                          heard));
  EXPECT_FALSE(read_whole(
      {}, bytes({0x01, 0x03, 0x48, 0x65, 0x6c, 0x89, 0x00, 0x80, 0x02, 0x6c, 0x6f}), heard));
  EXPECT_EQ(heard.messages, (std::vector<std::string>{"Hello", "Hello", "Hello"}));
  ASSERT_EQ(heard.controls.size(), 1u);  // a ping between the pieces
}

TEST(Frame, PackedExamplesOfTheStandard) {  // RFC 7692, 7.2.3
  FrameReader reader({.packed = Inflater::Options{}});
  HeardFrames heard;
  std::optional<FrameFault> fault;
  const std::string wire =
      bytes({0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}) +  // one block
      bytes({0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00}) +              // context kept
      bytes({0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f,
             0x00}) +                                                        // not compressed
      bytes({0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}) +  // final block
      bytes({0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00});
  EXPECT_FALSE(read_all(reader, wire, heard, [] { return size_t{3}; }));
  EXPECT_EQ(heard.messages, std::vector<std::string>(5, "Hello"));
}

TEST(Frame, WhatWasWrittenIsReadHoweverItIsCut) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed, {});
    Deflater deflater;
    const bool from_client = random.chance(0.5), keeps = random.chance(0.5);
    FrameReader reader(
        {.from_client = from_client, .packed = Inflater::Options{.keeps_context = keeps}});
    std::vector<std::string> sent;
    std::string wire;
    for (int i = 0; i < 20; ++i) {
      std::string text(random.below(random.chance(0.1) ? 200'000 : 300), ' ');
      for (char& c : text) c = static_cast<char>('a' + random.below(4));
      FrameShape shape{.opcode = Opcode::text, .is_packed = random.chance(0.4)};
      if (from_client) shape.key = static_cast<uint32_t>(random.below(1u << 31));
      std::string packed = text;
      if (shape.is_packed) {
        packed.clear();
        deflater.pack(text, 9 + static_cast<int>(random.below(7)), packed);
      }
      append_frame(wire, shape, packed);
      if (random.chance(0.2)) append_frame(wire, {.opcode = Opcode::ping, .key = shape.key}, "p");
      sent.push_back(std::move(text));
    }
    HeardFrames heard;
    const auto fault = read_all(reader, wire, heard,
                                [&] { return 1 + random.below(random.below(2) ? 9 : 5'000); });
    ASSERT_FALSE(fault) << fault->what;
    ASSERT_EQ(heard.messages, sent) << seed;
  }
}

TEST(Frame, FaultsAndTheirCodes) {
  const struct {
    const char* what;
    FrameReader::Options options;
    std::string wire;
    int code;
  } cases[] = {
      {"reserved bit", {}, bytes({0xa1, 0x00}), 1002},
      {"packed, not agreed", {}, bytes({0xc1, 0x00}), 1002},
      {"unknown kind", {}, bytes({0x83, 0x00}), 1002},
      {"unknown control", {}, bytes({0x8b, 0x00}), 1002},
      {"masked by a server", {}, bytes({0x81, 0x80, 0, 0, 0, 0}), 1002},
      {"unmasked by a client", {.from_client = true}, bytes({0x81, 0x00}), 1002},
      {"ping in pieces", {}, bytes({0x09, 0x00}), 1002},
      {"long ping", {}, bytes({0x89, 0x7e, 0x00, 0x7e}), 1002},
      {"packed ping", {.packed = Inflater::Options{}}, bytes({0xc9, 0x00}), 1002},
      {"a piece of nothing", {}, bytes({0x80, 0x00}), 1002},
      {"a message in a message", {}, bytes({0x01, 0x00, 0x81, 0x00}), 1002},
      {"16 bits for a short length", {}, bytes({0x81, 0x7e, 0x00, 0x7d}), 1002},
      {"64 bits for a short length", {}, bytes({0x81, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), 1002},
      {"too long", {.message_limit = 10}, bytes({0x82, 0x0b}), 1009},
      {"too long by its last byte",
       {.message_limit = 10},
       bytes({0x02, 0x02, 1, 2, 0x80, 0x09}),
       1009},
      {"longer than memory", {}, bytes({0x82, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0}), 1009},
      {"not UTF-8", {}, bytes({0x81, 0x02, 0xc0, 0x80}), 1007},
      {"damaged packing", {.packed = Inflater::Options{}}, bytes({0xc2, 0x02, 0xff, 0xff}), 1007},
  };
  for (const auto& c : cases) {
    HeardFrames heard;
    const auto fault = read_whole(c.options, c.wire, heard);
    ASSERT_TRUE(fault) << c.what;
    EXPECT_EQ(fault->code, c.code) << c.what << ": " << fault->what;
    EXPECT_TRUE(heard.messages.empty()) << c.what;
  }
}

TEST(Frame, APackedBombIsStopped) {
  Deflater deflater;
  std::string packed, wire;
  deflater.pack(std::string(50'000'000, 'a'), 15, packed);
  EXPECT_LT(packed.size(), 300'000u);
  append_frame(wire, {.opcode = Opcode::text, .is_packed = true}, packed);
  HeardFrames heard;
  const auto fault =
      read_whole({.message_limit = 1'000'000, .packed = Inflater::Options{}}, wire, heard);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, 1009);
}

TEST(Frame, TextOfAnyEncodingWhereItIsKeptAsItCame) {
  HeardFrames heard;
  EXPECT_FALSE(read_whole({.check_utf8 = false}, bytes({0x81, 0x01, 0xff}), heard));
  EXPECT_EQ(heard.messages, std::vector<std::string>{"\xff"});
}

TEST(Frame, Closes) {
  EXPECT_EQ(read_close("")->code, 1005);
  EXPECT_EQ(read_close(close_payload(1008, "Too many requests"))->reason, "Too many requests");
  EXPECT_EQ(read_close(close_payload(4001, ""))->code, 4001);
  EXPECT_FALSE(read_close("x"));
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000})
    EXPECT_FALSE(read_close(close_payload(static_cast<uint16_t>(code), ""))) << code;
  EXPECT_FALSE(read_close(close_payload(1000, "") + "\xff"));
  const std::string cut = close_payload(1000, std::string(122, 'a') + "\xe2\x82\xac");
  EXPECT_EQ(cut.size(), 2u + 122u);  // not within the euro sign
}

TEST(Frame, Utf8) {
  for (const char* good : {"", "plain", "\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x9a\x80",
                           "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "12345678\xe2\x82\xac"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "1234567\xe2", "\xc2 "})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Deflate, OffersThatAServerCanMeet) {
  std::string answer;
  EXPECT_TRUE(accept_offer("permessage-deflate; client_max_window_bits", answer));
  EXPECT_EQ(answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  const auto terms = accept_offer(
      "x-other, permessage-deflate; server_max_window_bits=8, permessage-deflate; "
      "server_max_window_bits=10",
      answer);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->server_bits, 10);
  EXPECT_NE(answer.find("server_max_window_bits=10"), std::string::npos);
  for (const char* bad :
       {"", "permessage-bzip", "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; unknown",
        "permessage-deflate; a=1", "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; "
        "client_no_context_takeover"})
    EXPECT_FALSE(accept_offer(bad, answer)) << bad;
}

TEST(Deflate, AgreementsThatAClientTakes) {
  EXPECT_TRUE(read_agreement("permessage-deflate")->server_keeps_context);
  EXPECT_FALSE(
      read_agreement("permessage-deflate; server_no_context_takeover")->server_keeps_context);
  EXPECT_EQ(read_agreement("permessage-deflate; client_max_window_bits=12")->client_bits, 12);
  for (const char* bad : {"permessage-deflate, permessage-deflate", "x", "permessage-deflate; y",
                          "permessage-deflate; client_max_window_bits"})
    EXPECT_FALSE(read_agreement(bad)) << bad;
}

}  // namespace
}  // namespace delever::net
