// Reader: what a venue knows of its own messages. MessageLoop parses a message, hands it to the
// reader, which stages events or fails, and sends them only if the whole message was read without a
// fault. FlatReader: for venues whose messages are objects with mostly optional fields.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codec/decoder.h"
#include "codec/flat.h"
#include "codec/handover.h"
#include "codec/json.h"
#include "codec/stage.h"

namespace delever::codec {

// How a message ended, apart from a fault (Reader::fields_) and from staged events.
enum class Ending : uint8_t { read, control, passed, no_event, unknown };

class Reader {
 public:
  explicit Reader(Instruments& instruments) : instruments_(instruments) {}
  virtual ~Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 protected:
  virtual Ending read(JsonObject& object) = 0;
  virtual Ending read(JsonArray& array) = 0;
  // A message that is neither an object nor a list. Missing: not one of the venue's.
  virtual std::optional<Ending> read_text(std::string_view) { return std::nullopt; }
  // Messages in the venue's most usual spelling, without the JSON parser. False: not one of them,
  // and nothing was staged.
  virtual bool read_fast(std::string_view) { return false; }
  // Whether it holds nothing but events of instruments that nobody asked for.
  virtual bool passes_over(std::string_view) { return false; }
  // What the message taught may be kept, or is to be forgotten.
  virtual void finish(bool /*accepted*/) {}
  // Decoder::hand_over. What a reader finds again by itself (symbols in the table) is left out.
  virtual bool hand_over(Handover& state) = 0;

  Ending skip(std::string_view name) {
    channel_ = name;
    return Ending::no_event;
  }
  // The venue says that what was asked for will not come.
  Ending refuse(std::string_view why);
  // The instrument as the venue describes it replaces what is known when the message is accepted.
  void list(Instrument listing, Instant at, std::string_view status);
  // A part of this message could not be turned into events though the others were: reported, while
  // the message itself is counted by its events.
  void report_part(Fault fault, std::string what, std::string_view where) {
    if (!part_) part_ = Error{fault, std::move(what), std::string(where)};
  }
  // t + d, or a fault where that leaves the range of Instant.
  Instant plus(Instant t, Duration d, std::string_view key);
  // Levels as [price, quantity, ...], or [action, price, quantity] with a word before them.
  void read_level(JsonValue value, std::vector<Level>& out, std::string_view key,
                  bool with_action = false);
  void read_quantity(std::string_view text, Level& level, std::string_view key);
  void read_levels(JsonValue& value, std::vector<Level>& out, std::string_view key,
                   bool with_action = false);
  void read_levels(JsonObject& object, std::string_view key, std::vector<Level>& out,
                   bool with_action = false);
  bool at_end() const { return document_->current_location().error() == simdjson::OUT_OF_BOUNDS; }

  Instruments& instruments_;
  Asked asked_;  // empty: for all
  FieldReader fields_;
  Stage stage_;
  Instant received_;
  // What the counts call this message; the text lives until the next one, or longer.
  std::string_view channel_;
  const char* text_ = nullptr;  // where the message begins, without the blanks before it
  bool walked_ = false;         // the whole message is known to be JSON, and one message only

 private:
  friend class MessageLoop;
  void begin(Instant received) {
    fields_.reset();
    stage_.clear();
    listings_.clear();
    part_.reset();
    received_ = received;
    channel_ = {};
    walked_ = false;
  }

  simdjson::ondemand::document* document_ = nullptr;
  std::vector<Instrument> listings_;
  std::optional<Error> part_;
};

class FlatReader : public Reader {
 protected:
  using Reader::Reader;
  // `top` holds the fields of `message`.
  virtual Ending read(JsonObject& message, FlatObject& top) = 0;

 private:
  Ending read(JsonObject& message) final;
  Ending read(JsonArray& array) final;
  FlatObject top_{fields_};
};

// [["84250.00","1.250"],...] from its text to where it ends; columns after the second hold digits.
// nullptr: it is written in another way.
const char* scan_levels(const char* p, std::vector<Level>& out);

// A venue's instruments by symbol. Most messages repeat the symbol of the one before.
class SymbolCache {
 public:
  bool is_last(std::string_view symbol) const { return symbol == last_symbol_ && !symbol.empty(); }
  InstrumentId last() const { return last_id_; }
  template <class Make>  // make() -> InstrumentId, for a symbol not seen before
  InstrumentId find(std::string_view symbol, Make make) {
    if (is_last(symbol)) return last_id_;
    auto found = known_.find(symbol);
    if (found == known_.end()) found = known_.emplace(symbol, make()).first;
    last_symbol_ = symbol;
    return last_id_ = found->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, InstrumentId, Hash, std::equal_to<>> known_;
  std::string last_symbol_;
  InstrumentId last_id_ = 0;
};

}  // namespace delever::codec
