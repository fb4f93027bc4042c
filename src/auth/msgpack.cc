#include "auth/msgpack.h"

#include <simdjson.h>

#include <bit>

namespace delever::auth {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr int kDepthMost = 64;

void big_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void byte(std::string& out, unsigned value) { out += static_cast<char>(value); }

// A length in the shortest of the forms that its kind has.
struct Forms {
  unsigned fixed, fixed_most;  // in the first byte itself, up to so many
  unsigned one;                // 0: no form with one byte of length
  unsigned two, four;
};
void length(std::string& out, size_t n, const Forms& forms) {
  if (n <= forms.fixed_most) return byte(out, forms.fixed | static_cast<unsigned>(n));
  if (forms.one && n <= 0xff) return byte(out, forms.one), big_endian(out, n, 1);
  if (n <= 0xffff) return byte(out, forms.two), big_endian(out, n, 2);
  byte(out, forms.four);
  big_endian(out, n, 4);
}
constexpr Forms kString{0xa0, 31, 0xd9, 0xda, 0xdb};
constexpr Forms kArray{0x90, 15, 0, 0xdc, 0xdd};
constexpr Forms kMap{0x80, 15, 0, 0xde, 0xdf};

void text(std::string& out, std::string_view s) {
  length(out, s.size(), kString);
  out += s;
}

void positive(std::string& out, uint64_t n) {
  if (n <= 0x7f) return byte(out, static_cast<unsigned>(n));
  if (n <= 0xff) return byte(out, 0xcc), big_endian(out, n, 1);
  if (n <= 0xffff) return byte(out, 0xcd), big_endian(out, n, 2);
  if (n <= 0xffffffff) return byte(out, 0xce), big_endian(out, n, 4);
  byte(out, 0xcf);
  big_endian(out, n, 8);
}

void whole(std::string& out, int64_t n) {
  const auto bits = static_cast<uint64_t>(n);
  if (n >= 0) return positive(out, bits);
  if (n >= -32) return byte(out, static_cast<unsigned>(bits & 0xff));
  if (n >= INT8_MIN) return byte(out, 0xd0), big_endian(out, bits, 1);
  if (n >= INT16_MIN) return byte(out, 0xd1), big_endian(out, bits, 2);
  if (n >= INT32_MIN) return byte(out, 0xd2), big_endian(out, bits, 4);
  byte(out, 0xd3);
  big_endian(out, bits, 8);
}

Result<void> pack(std::string& out, const element& value, int depth) {
  if (depth > kDepthMost) return Error{Fault::out_of_range, "nested too deeply"};
  switch (value.type()) {
    case element_type::OBJECT: {
      const simdjson::dom::object object = value.get_object().value_unsafe();
      // Its own count stops at 0xffffff.
      size_t n = 0;
      for ([[maybe_unused]] const auto& field : object) ++n;
      length(out, n, kMap);
      for (const auto& [key, inner] : object) {
        text(out, key);
        TRY(pack(out, inner, depth + 1));
      }
      return {};
    }
    case element_type::ARRAY: {
      const simdjson::dom::array array = value.get_array().value_unsafe();
      size_t n = 0;
      for ([[maybe_unused]] const auto& one : array) ++n;
      length(out, n, kArray);
      for (const element one : array) TRY(pack(out, one, depth + 1));
      return {};
    }
    case element_type::STRING:
      text(out, value.get_string().value_unsafe());
      return {};
    case element_type::INT64:
      whole(out, value.get_int64().value_unsafe());
      return {};
    case element_type::UINT64:
      positive(out, value.get_uint64().value_unsafe());
      return {};
    case element_type::BOOL:
      byte(out, value.get_bool().value_unsafe() ? 0xc3 : 0xc2);
      return {};
    case element_type::NULL_VALUE:
      byte(out, 0xc0);
      return {};
    case element_type::DOUBLE:
      byte(out, 0xcb);
      big_endian(out, std::bit_cast<uint64_t>(value.get_double().value_unsafe()), 8);
      return {};
  }
  return Error{Fault::malformed, "not JSON"};
}

}  // namespace

Result<std::string> msgpack_of_json(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return Error{Fault::malformed, "not JSON"};
  std::string out;
  TRY(pack(out, root, 0));
  return out;
}

}  // namespace delever::auth
