#include "net/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace delever::net {
namespace {

constexpr size_t kControlMost = 125;
constexpr size_t kUnpackedKept = size_t{2} << 20;
constexpr unsigned char kFinal = 0x80, kPacked = 0x40, kReserved = 0x30, kMasked = 0x80;

// Numbers on the wire have their highest byte first.
uint64_t big_endian(const char* from, size_t bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < bytes; ++i) out = out << 8 | static_cast<unsigned char>(from[i]);
  return out;
}

void append_big_endian(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
}

// Eight bytes at a time: a frame's mask repeats every four.
void mask(char* bytes, size_t size, const std::array<char, 4>& key) {
  uint64_t eight = 0;
  std::memcpy(&eight, key.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&eight) + 4, key.data(), 4);
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    word ^= eight;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ key[i % 4]);
}

// Codes that may stand in a close frame (RFC 6455 7.4 and the registry).
bool may_be_sent(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

struct FrameReader::Head {
  Opcode opcode = Opcode::text;
  bool final = true, is_packed = false, is_masked = false;
  unsigned char reserved = 0;
  uint64_t size = 0;
  bool control() const { return static_cast<uint8_t>(opcode) >= 8; }
};

FrameReader::FrameReader(const Options& options) : options_(options) {}

// What can be said of a frame by its head alone, before its payload is waited for.
bool FrameReader::check(const Head& head, std::optional<FrameFault>& fault) const {
  const auto refuse = [&](uint16_t code, std::string what) {
    fault = FrameFault{code, std::move(what)};
    return false;
  };
  const auto number = static_cast<int>(head.opcode);
  const bool known = number <= 2 || (number >= 8 && number <= 10);
  if (!known) return refuse(1002, fmt::format("a frame of unknown kind {}", number));
  if (head.reserved != 0 || (head.is_packed && !options_.packed))
    return refuse(1002, "reserved bits are set that nothing was agreed for");
  if (head.is_masked != options_.from_client)
    return refuse(1002, head.is_masked ? "a server's frame is masked" : "a frame is not masked");
  if (head.control()) {
    if (!head.final || head.size > kControlMost || head.is_packed)
      return refuse(1002, "a control frame in pieces, packed, or of more than 125 bytes");
    return true;
  }
  if ((head.opcode == Opcode::more) != in_pieces_)
    return refuse(1002, in_pieces_ ? "a message begins inside another"
                                   : "a piece of a message that never began");
  if (head.opcode == Opcode::more && head.is_packed)
    return refuse(1002, "the packed mark stands on a later piece of a message");
  if (head.size > options_.message_limit || pieces_.size() + head.size > options_.message_limit)
    return refuse(1009, fmt::format("a message of more than {} bytes", options_.message_limit));
  return true;
}

size_t FrameReader::read(std::span<char> bytes, Sink& sink, std::optional<FrameFault>& fault) {
  size_t at = 0;
  while (bytes.size() - at >= 2) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    Head head;
    head.opcode = static_cast<Opcode>(first & 0x0f);
    head.final = (first & kFinal) != 0;
    head.is_packed = (first & kPacked) != 0;
    head.reserved = first & kReserved;
    head.is_masked = (second & kMasked) != 0;
    head.size = second & 0x7f;
    const size_t length_bytes = head.size < 126 ? 0 : head.size == 126 ? 2 : 8;
    const size_t head_bytes = 2 + length_bytes + (head.is_masked ? 4 : 0);
    if (bytes.size() - at < head_bytes) break;
    if (length_bytes != 0) {
      head.size = big_endian(bytes.data() + at + 2, length_bytes);
      // RFC 6455, 5.2: the length has its shortest form, so that a frame is written in one way
      // only.
      if (head.size < (length_bytes == 2 ? 126u : 65536u)) {
        fault = FrameFault{1002, "a length is written longer than it needs"};
        return at;
      }
    }
    // Before the payload is there: a frame that will be refused is not waited for.
    if (!check(head, fault)) return at;
    if (bytes.size() - at - head_bytes < head.size) break;
    const std::span<char> payload = bytes.subspan(at + head_bytes, head.size);
    if (head.is_masked) {
      std::array<char, 4> key{};
      std::memcpy(key.data(), bytes.data() + at + head_bytes - 4, 4);
      mask(payload.data(), payload.size(), key);
    }
    at += head_bytes + head.size;
    const bool go_on = head.control()
                           ? sink.on_control(head.opcode, {payload.data(), payload.size()})
                           : data_frame(head, payload, sink, fault);
    if (!go_on) break;
  }
  return at;
}

// Pieces are joined; a message in one frame is handed on where it lies.
bool FrameReader::data_frame(const Head& head, std::span<char> payload, Sink& sink,
                             std::optional<FrameFault>& fault) {
  const std::string_view bytes(payload.data(), payload.size());
  if (head.opcode != Opcode::more) {
    if (head.final)
      return whole_message(bytes, head.is_packed, head.opcode == Opcode::text, sink, fault);
    in_pieces_ = true;
    pieces_text_ = head.opcode == Opcode::text;
    pieces_packed_ = head.is_packed;
  }
  pieces_.append(bytes);
  if (!head.final) return true;
  in_pieces_ = false;
  const std::string whole = std::exchange(pieces_, {});
  return whole_message(whole, pieces_packed_, pieces_text_, sink, fault);
}

// Unpacked within the limit, then checked: UTF-8 is asked of what was packed too.
bool FrameReader::whole_message(std::string_view bytes, bool is_packed, bool text, Sink& sink,
                                std::optional<FrameFault>& fault) {
  if (is_packed) {
    if (!inflater_) inflater_ = std::make_unique<Inflater>(*options_.packed);
    unpacked_.clear();
    if (unpacked_.capacity() > kUnpackedKept) std::string().swap(unpacked_);
    const auto done = inflater_->unpack(bytes, options_.message_limit, unpacked_);
    if (!done || !*done) {
      fault = done ? FrameFault{1009, fmt::format("a packed message of more than {} bytes",
                                                  options_.message_limit)}
                   : FrameFault{1007, "a packed message is damaged"};
      return false;
    }
    bytes = unpacked_;
  }
  if (text && options_.check_utf8 && !is_utf8(bytes)) {
    fault = FrameFault{1007, "a text message is not UTF-8"};
    return false;
  }
  return sink.on_message(bytes, text);
}

// The shortest form of the length, as the standard demands of whoever writes.
void append_frame(std::string& out, const FrameShape& shape, std::string_view payload) {
  const auto opcode = static_cast<unsigned char>(shape.opcode);
  out += static_cast<char>(kFinal | opcode | (shape.is_packed ? kPacked : 0));
  const unsigned char mark = shape.key ? kMasked : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mark | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(mark | 126);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(mark | 127);
    append_big_endian(out, payload.size(), 8);
  }
  if (!shape.key) {
    out.append(payload);
    return;
  }
  std::array<char, 4> key{};
  // The key's bytes as they lie in memory: any four will do, and the reader takes them from the
  // frame.
  std::memcpy(key.data(), &*shape.key, 4);
  out.append(key.data(), 4);
  const size_t begin = out.size();
  out.append(payload);
  mask(out.data() + begin, payload.size(), key);
}

std::string close_payload(uint16_t code, std::string_view reason) {
  std::string out;
  append_big_endian(out, code, 2);
  reason = reason.substr(0, kControlMost - 2);
  while (!is_utf8(reason)) reason.remove_suffix(1);  // not cut within a character
  return out.append(reason);
}

std::optional<CloseWord> read_close(std::string_view payload) {
  // A close frame may say nothing; with one byte it is malformed.
  if (payload.empty()) return CloseWord{};
  if (payload.size() < 2) return {};
  CloseWord word{static_cast<uint16_t>(big_endian(payload.data(), 2)),
                 std::string(payload.substr(2))};
  if (!may_be_sent(word.code) || !is_utf8(word.reason)) return {};
  return word;
}

bool is_utf8(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    if (i + 8 <= text.size()) {  // most of it is ASCII
      uint64_t word = 0;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    const unsigned char lead = at(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) return false;
    const unsigned char second = at(i + 1);
    // No overlong forms, no surrogates, nothing beyond U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
      return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((at(i + k) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace delever::net
