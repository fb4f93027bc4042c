// Blocks by column: whatever the messages are, they come back byte for byte, or the block stays in
// rows; and whatever the bytes of a block are, reading them ends in an error or in what its header
// says.
#include "tape/columns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "tape/inspect.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

BlockHeader header_of(const BlockBuilder& builder) {
  return {1,
          1,
          0,
          0,
          builder.first(),
          builder.last(),
          static_cast<int64_t>(builder.count()),
          static_cast<int64_t>(builder.payload().size())};
}

std::string columns_of(const ColumnWriter& writer) {
  return std::string(writer.head()) + std::string(writer.body());
}

// The plain twin: what was added is what must come back.
void expect_same(const BlockBuilder& builder, const BlockMessages& out) {
  ASSERT_EQ(out.count(), builder.count());
  size_t at = 0;
  for (size_t i = 0; i < out.count(); ++i) {
    ASSERT_EQ(out.times[i], builder.times()[i]);
    ASSERT_EQ(out.message(i), builder.text().substr(at, builder.sizes()[i]));
    at += builder.sizes()[i];
  }
}

// By columns and through zstd; true where the messages are of one shape.
bool goes_round(const BlockBuilder& builder) {
  ColumnWriter writer;
  if (!writer.write(builder)) return false;
  const BlockHeader header = header_of(builder);
  BlockMessages out;
  must(read_columns(header, columns_of(writer), out));
  expect_same(builder, out);
  if (writer.head().size() + writer.body().size() > static_cast<size_t>(header.raw_bytes))
    return true;  // a block that is larger so is never packed so
  Packer packer;
  Unpacker unpacker;
  const std::string packed(must(packer.pack_columns(writer, 1)));
  must(unpacker.unpack(header, packed, out));
  expect_same(builder, out);
  return true;
}

BlockBuilder rows_of(const std::vector<std::string>& rows) {
  BlockBuilder builder;
  int64_t time = 1'769'760'000'000'000'000;
  for (const std::string& row : rows) builder.add(Instant::ns(time += 1'000'000), row);
  return builder;
}

std::string trade(int i) {
  const int64_t price = 8'425'000 + i * 7 % 31, size = 1 + i * 37 % 499, value = price * size;
  return fmt::format("{},{}.{:02},{}.{:03},{}.{:05}00,{},{}", 5'000'000'000 + i, price / 100,
                     price % 100, size / 1000, size % 1000, value / 100'000, value % 100'000,
                     1'769'760'000'000 + i * 3, i % 3 == 0 ? "true" : "false");
}

BlockBuilder trades(int count) {
  BlockBuilder builder;
  for (int i = 0; i < count; ++i)
    builder.add(Instant::ns((1'769'760'000'000 + i * 3) * 1'000'000), trade(i));
  return builder;
}

// -?(0|[1-9][0-9]*)([.][0-9]+)?, of 18 digits at most, and no minus before nothing.
bool is_plain(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view rest = text.substr(whole.size());
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
  };
  if (!all_digits(whole) || (whole.size() > 1 && whole[0] == '0')) return false;
  if (!rest.empty() && !all_digits(rest.substr(1))) return false;
  if (negative && text.find_first_of("123456789") == text.npos) return false;
  return text.size() - (rest.empty() ? 0 : 1) <= kDigitsMax;
}

TEST(Columns, NumbersAreThoseThatAreSpelledAsWeWould) {
  Random random(3, {});
  const auto check = [&](const std::string& text) {
    Spelled spelled;
    const bool wanted = is_plain(text);
    ASSERT_EQ(read_number(text, spelled), wanted) << text;
    if (!wanted) return;
    char room[kNumberRoom];
    EXPECT_EQ(std::string(room, write_number(room, spelled.digits, spelled.decimals)), text);
  };
  for (const char* text : {"",
                           "-",
                           ".",
                           "0",
                           "-0",
                           "00",
                           "007",
                           "+1",
                           "1e5",
                           ".5",
                           "5.",
                           "-0.0",
                           "-0.01",
                           "0.10",
                           "1.",
                           "999999999999999999",
                           "1000000000000000000",
                           "0.00000000000000001",
                           "0.000000000000000001",
                           "18446744073709551617",
                           "340282366920938463463374607431768211457",
                           "1.2.3",
                           "--1",
                           "1-"}) {
    check(text);
  }
  constexpr std::string_view kSigns = "0123456789009..-+e ";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random.below(22), '\0');
    for (char& c : text) c = kSigns[random.below(random.chance(0.8) ? 13 : kSigns.size())];
    check(text);
  }
}

// The receive times, the value and the numbers of a row follow from the rest: what is left is
// small.
TEST(Columns, TradesOfAnArchiveTakeAFraction) {
  const BlockBuilder builder = trades(4000);
  ASSERT_TRUE(goes_round(builder));
  Packer packer;
  ColumnWriter writer;
  ASSERT_TRUE(writer.write(builder));
  const size_t columns = must(packer.pack_columns(writer, 1)).size();
  const size_t rows = must(packer.pack(builder.payload(), 1)).size();
  EXPECT_LT(columns * 4, rows) << columns << " " << rows;
}

TEST(Columns, WhatIsNotOfOneShapeStaysInRows) {
  std::vector<std::string> rows(kColumnRowsMin, "1,2,3");
  EXPECT_TRUE(goes_round(rows_of(rows)));
  rows[7] = "1,2";
  EXPECT_FALSE(goes_round(rows_of(rows)));
  rows[7] = "1,2,3,4";
  EXPECT_FALSE(goes_round(rows_of(rows)));
  rows[7].clear();
  EXPECT_FALSE(goes_round(rows_of(rows)));
  EXPECT_FALSE(goes_round(rows_of(std::vector<std::string>(kColumnRowsMin, "one"))));
  EXPECT_FALSE(goes_round(rows_of(std::vector<std::string>(kColumnRowsMin - 1, "1,2"))));
  EXPECT_FALSE(
      goes_round(rows_of(std::vector<std::string>(kColumnRowsMin, std::string(kFieldsMax, ',')))));
  BlockBuilder late = rows_of(std::vector<std::string>(kColumnRowsMin, "1,2"));
  late.add(Instant::ns(1), "1,2");
  EXPECT_FALSE(ColumnWriter().write(late));
}

// A field of a random kind; a column has one, and now and then a field that is of another.
std::string field(Random& random, size_t kind, int row) {
  switch (kind) {
    case 0:
      return std::to_string(5'000'000'000 + row);
    case 1:
      return fmt::format("{:.{}f}", random.uniform() * 1000 - 300, 1 + row % 3);
    case 2:
      return fmt::format("{:.2f}", random.uniform() * 1e6);
    case 3:
      return random.chance(0.5) ? "BUY" : "SELL";
    case 4:
      return random_bytes(random, random.below(9));
    case 5:
      return fmt::format("{:05}", random.below(90'000));
    case 6:
      return fmt::format("\"p{}\":\"{:.3f}\"}}", 1, random.uniform());
    case 7:
      return fmt::format("{:e}", random.uniform());
    case 8:
      return std::string(random.below(3), '\0');
    case 9:
      return std::to_string(random.bits64() >> random.below(64));
    case 10:
      return "-" + std::to_string(random.below(1000)) + (random.chance(0.1) ? "\r" : "");
    default:
      return random.chance(0.5) ? "" : "\"a \"\" quote\"";
  }
}

TEST(Columns, AnyTableComesBack) {
  Random random(29, {});
  size_t in_columns = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const std::string delimiter(1, ",;\t| "[random.below(5)]);
    std::vector<size_t> kinds(1 + random.below(9));
    for (size_t& kind : kinds) kind = random.below(12);
    const double stray = random.chance(0.3) ? 0.01 : 0, ragged = random.chance(0.1) ? 0.001 : 0;
    BlockBuilder builder;
    int64_t time = static_cast<int64_t>(random.bits64() >> 2) - (int64_t{1} << 61);
    const uint64_t step = uint64_t{1} << random.below(40);
    const int rows = static_cast<int>(16 + random.below(300));
    for (int row = 0; row < rows; ++row) {
      std::string text;
      for (size_t i = 0; i < kinds.size(); ++i) {
        if (i > 0) text += delimiter;
        text += field(random, random.chance(stray) ? random.below(12) : kinds[i], row);
      }
      if (random.chance(ragged)) text += delimiter;
      time += static_cast<int64_t>(random.below(step));
      builder.add(Instant::ns(time), text);
    }
    in_columns += goes_round(builder);
    if (HasFailure()) FAIL() << "trial " << trial;
  }
  EXPECT_GT(in_columns, 150U);
}

// The ends of what 64 bits hold, in numbers and in times.
TEST(Columns, LargeNumbersAndFarTimesComeBack) {
  BlockBuilder builder;
  builder.add(Instant::min(), "0,-999999999999999999,0.1");
  for (int i = 0; i < 40; ++i) {
    builder.add(Instant::ns(i), fmt::format("{},{},{}", i % 2 == 0 ? 999'999'999'999'999'999 : 0,
                                            i % 2 == 0 ? "999999999999999999" : "-1",
                                            i % 2 == 0 ? "99999999999999999.9" : "1.00000000001"));
  }
  builder.add(Instant::max(), "5,5,5");
  EXPECT_TRUE(goes_round(builder));
}

// Changed bytes of a head or a body, and heads that claim more than there is.
TEST(Columns, AHostileBlockIsRefusedOrIsWhatItsHeaderSays) {
  const BlockBuilder builder = trades(200);
  ColumnWriter writer;
  ASSERT_TRUE(writer.write(builder));
  const BlockHeader header = header_of(builder);
  const std::string sound = columns_of(writer);
  Random random(31, {});
  BlockMessages out;
  const auto examine = [&](const BlockHeader& claimed, const std::string& bytes) {
    if (!read_columns(claimed, bytes, out).has_value()) return;
    ASSERT_EQ(static_cast<int64_t>(out.count()), claimed.count);
    ASSERT_EQ(out.times.front(), claimed.first.ns());
    ASSERT_EQ(out.times.back(), claimed.last.ns());
    ASSERT_LE(static_cast<int64_t>(out.offsets.back()), claimed.raw_bytes - 2 * claimed.count);
  };
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string bytes = sound;
    for (uint64_t n = 1 + random.below(3); n > 0; --n) {
      const size_t most = random.chance(0.7) ? writer.head().size() : bytes.size();
      bytes[random.below(most)] = static_cast<char>(random.below(256));
    }
    if (random.chance(0.1)) bytes.resize(random.below(bytes.size()));
    BlockHeader claimed = header;
    if (random.chance(0.1)) claimed.count = static_cast<int64_t>(random.below(400));
    if (random.chance(0.1)) claimed.raw_bytes += static_cast<int64_t>(random.below(9)) - 4;
    examine(claimed, bytes);
  }
  BlockHeader claimed = header;
  for (const int64_t count : {int64_t{0}, int64_t{-1}, int64_t{1} << 40}) {
    claimed.count = count;
    EXPECT_FALSE(read_columns(claimed, sound, out).has_value());
  }
  // 256 columns of one word of a megabyte each, in few bytes: more than the header says.
  std::string words = ",";
  write_varint(words, kFieldsMax);
  for (size_t i = 0; i < kFieldsMax; ++i) {
    words += std::string(1, '\0');
    write_varint(words, 1);
    write_varint(words, 1000);
    words += std::string(1000, 'x');
  }
  words += std::string("\0\0\0\0", 4);
  claimed.first = claimed.last = Instant::ns(0);
  claimed.count = 1000;
  claimed.raw_bytes = 256'000 + 2000;
  const auto refused = read_columns(claimed, words, out);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().text().find("more bytes than its header says"), std::string::npos);
}

int64_t number(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  sqlite3_stmt* s = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &s, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_step(s), SQLITE_ROW);
  const int64_t out = sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  sqlite3_close(db);
  return out;
}

// A tape says format 2 from its first block of columns on, and none before; older programs refuse
// it by that. Both forms lie on one tape, and what is added later goes on as it was.
TEST(Columns, ATapeOfBothFormsIsReadAsItWasWritten) {
  constexpr const char* kFormat = "SELECT value FROM tape WHERE key = 'format'";
  const TempTape tape("columns.tape");
  ManualClock clock(Instant::ns(0));
  std::vector<Message> all;
  for (int session = 0; session < 3; ++session) {
    auto writer = must(TapeWriter::open_stepped(tape.path, clock, {.block_bytes = 20'000}));
    const StreamNumber rows = must(writer->stream(stream_info(1)));
    const StreamNumber table = must(writer->stream(stream_info(2)));
    for (int i = session * 2000; i < (session + 1) * 2000; ++i) {
      const Instant at = Instant::ns((1'769'760'000'000 + i * 3) * 1'000'000);
      // The last session's rows are cut: what was packed by columns is not any more.
      const bool cut = session == 2 && i % 100 == 3;
      all.push_back({rows, at, std::string(static_cast<size_t>(i % 40), 'a')});
      if (session > 0) all.push_back({table, at, cut ? trade(i).substr(0, 20) : trade(i)});
    }
    const size_t from = session == 0 ? 0 : all.size() - 4000;
    for (size_t i = from; i < all.size(); ++i)
      must(writer->append(all[i].stream, all[i].received, all[i].bytes));
    must(writer->close());
    EXPECT_EQ(number(tape.path, kFormat), session == 0 ? 1 : 2);
  }
  put_in_order(all);
  EXPECT_EQ(read_all(tape.path), all);
  EXPECT_GT(number(tape.path, "SELECT count(*) FROM blocks WHERE hex(substr(data, 1, 1)) = '43'"),
            3);
  EXPECT_GT(number(tape.path, "SELECT count(*) FROM blocks WHERE hex(substr(data, 1, 1)) = '28'"),
            3);
  const TapeCheck check = must(tape_verify(tape.path));
  EXPECT_TRUE(check.sound());
  EXPECT_EQ(check.info.messages, static_cast<int64_t>(all.size()));
}

}  // namespace
}  // namespace delever::tape
