#include "net/deflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/check.h"
#include "net/http.h"

namespace delever::net {
namespace {

constexpr size_t kStep = size_t{16} << 10;
constexpr std::string_view kTail("\x00\x00\xff\xff",
                                 4);  // of a flushed block; left off on the wire

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Up to the separator; `rest` begins behind it.
std::string_view next_part(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view part = trimmed(rest.substr(0, at));
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

std::optional<int> window_bits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  int bits = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), bits);
  if (ec != std::errc() || end != value.data() + value.size() || value.empty()) return {};
  if (value.front() == '0' || bits < 8 || bits > 15) return {};
  return bits;
}

// The parameters of one extension; in an offer, client_max_window_bits may lack its value.
std::optional<DeflateTerms> read_terms(std::string_view rest, bool offer, bool& client_bits_given) {
  DeflateTerms terms;
  std::set<std::string_view> seen;
  client_bits_given = false;
  while (!rest.empty()) {
    std::string_view parameter = next_part(rest, ';');
    const bool has_value = parameter.find('=') != std::string_view::npos;
    const std::string_view name = next_part(parameter, '=');
    const auto bits = window_bits(parameter);
    if (!seen.insert(name).second) return {};
    if (name == "server_no_context_takeover" && !has_value) {
      terms.server_keeps_context = false;
    } else if (name == "client_no_context_takeover" && !has_value) {
      terms.client_keeps_context = false;
    } else if (name == "server_max_window_bits" && bits) {
      terms.server_bits = *bits;
    } else if (name == "client_max_window_bits" && (bits || (offer && !has_value))) {
      terms.client_bits = bits.value_or(15);
      client_bits_given = true;
    } else {
      return {};
    }
  }
  return terms;
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
  State() { CHECK(inflateInit2(&stream, -15) == Z_OK); }
  ~State() { inflateEnd(&stream); }
};

Inflater::Inflater(const Options& options) : state_(std::make_unique<State>()), options_(options) {}
Inflater::~Inflater() = default;

std::optional<bool> Inflater::unpack(std::string_view packed, size_t limit, std::string& out) {
  z_stream& stream = state_->stream;
  const size_t begin = out.size();
  for (const std::string_view part : {packed, kTail}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      const size_t before = out.size();
      out.resize(before + std::max(kStep, part.size() * 2));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream.avail_out = static_cast<uInt>(out.size() - before);
      const int status = inflate(&stream, Z_SYNC_FLUSH);
      out.resize(out.size() - stream.avail_out);
      if (out.size() - begin > limit) return false;
      if (status == Z_STREAM_END) {  // a final block: allowed, the next message begins afresh
        inflateReset(&stream);
        if (part.data() == packed.data() && stream.avail_in > 0) continue;
        break;
      }
      if (status != Z_OK && status != Z_BUF_ERROR) return std::nullopt;
      if (status == Z_BUF_ERROR && stream.avail_out > 0) break;
    } while (stream.avail_in > 0 || stream.avail_out == 0);
  }
  if (!options_.keeps_context) inflateReset(&stream);
  return true;
}

struct Deflater::State {
  z_stream stream{};
  int bits = 0;
  ~State() {
    if (bits != 0) deflateEnd(&stream);
  }
};

Deflater::Deflater() : state_(std::make_unique<State>()) {}
Deflater::~Deflater() = default;

void Deflater::pack(std::string_view message, int window_bits, std::string& out) {
  z_stream& stream = state_->stream;
  if (state_->bits != window_bits) {
    if (state_->bits != 0) deflateEnd(&stream);
    stream = {};
    CHECK(deflateInit2(&stream, 1, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    state_->bits = window_bits;
  } else {
    deflateReset(&stream);
  }
  const size_t begin = out.size();
  out.resize(begin + deflateBound(&stream, static_cast<uLong>(message.size())) + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
  stream.avail_out = static_cast<uInt>(out.size() - begin);
  CHECK(deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_out > 0);
  out.resize(out.size() - stream.avail_out);
  CHECK(std::string_view(out).ends_with(kTail));
  out.resize(out.size() - kTail.size());
}

std::optional<DeflateTerms> accept_offer(std::string_view header, std::string& answer) {
  while (!header.empty()) {
    std::string_view offer = next_part(header, ',');
    if (!same_name(next_part(offer, ';'), "permessage-deflate")) continue;
    bool client_bits_given = false;
    auto terms = read_terms(offer, true, client_bits_given);
    if (!terms || terms->server_bits < 9) continue;  // zlib has no raw window of 8 bits
    terms->server_keeps_context = terms->client_keeps_context = false;
    terms->client_bits = 15;
    answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (terms->server_bits != 15)
      answer += fmt::format("; server_max_window_bits={}", terms->server_bits);
    return terms;
  }
  return {};
}

std::optional<DeflateTerms> read_agreement(std::string_view header) {
  std::string_view one = next_part(header, ',');
  if (!header.empty() || !same_name(next_part(one, ';'), "permessage-deflate")) return {};
  bool client_bits_given = false;
  return read_terms(one, false, client_bits_given);
}

}  // namespace delever::net
