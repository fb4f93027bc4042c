#include "codec/frame.h"

#include <algorithm>

namespace delever::codec {
namespace {

constexpr size_t kNamesKept = 200;  // names come from the wire, so their number is bounded here

bool at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

void FramedDecoder::count(DecodeCounts::ByName& names, std::string_view name) {
  name = name.substr(0, 60);
  auto found = names.find(name);
  if (found == names.end())
    found = names.emplace(names.size() < kNamesKept ? name : "other names", 0).first;
  ++found->second;
}

void FramedDecoder::decode(const RawMessage& message, MessageSink& sink) {
  ++counts_.messages;
  fields_.reset();
  stage_.clear();
  listings_.clear();
  part_.reset();
  received_ = message.received;
  channel_ = {};
  const Ending ending = read(message.bytes);
  if (part_ && stage_.empty()) fields_.fail(part_->fault, part_->what, part_->where);
  if (!fields_.ok()) {
    const Error& why = fields_.error();
    count(counts_.undecoded, why.where.empty()
                                 ? std::string(fault_name(why.fault))
                                 : std::string(fault_name(why.fault)) + " " + why.where);
    return sink.on_undecoded(message, why);
  }
  for (Instrument& listing : listings_) instruments_.add(std::move(listing));
  accepted();
  if (!stage_.empty()) {
    counts_.events += stage_.size();
    if (part_) sink.on_undecoded(message, *part_);
    return stage_.send(sink, source_, message.received);
  }
  switch (ending) {
    case Ending::control:
      ++counts_.control;
      break;
    case Ending::unknown:
      count(counts_.unknown_channels, channel_);
      break;
    case Ending::read:
    case Ending::no_event:
      count(counts_.no_event, channel_);
      break;
  }
}

void FramedDecoder::list(Instrument listing, Instant at, std::string_view status) {
  if (!fields_.ok()) return;
  const InstrumentId id =
      instruments_.intern(listing.venue, listing.symbol, listing.kind, [&] { return listing; });
  stage_.add<InstrumentListed>(id, at).status = status;
  listings_.push_back(std::move(listing));
}

FramedDecoder::Ending FramedDecoder::read(std::string_view bytes) {
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  const char opening = first == bytes.npos ? '\0' : bytes[first];
  if (opening != '{' && opening != '[') {
    if (const auto ending = read_plain(trimmed(bytes))) return *ending;
    fields_.fail(Fault::malformed, first == bytes.npos ? "blank" : "neither an object nor a list");
    return Ending::read;
  }
  const auto broken = [&](simdjson::error_code code) {
    fields_.fail(Fault::malformed, std::string("not JSON: ") + simdjson::error_message(code));
    return Ending::read;
  };
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(bytes.data(), bytes.size(), bytes.size() + kPadding);
  if (const auto code = parser_.iterate(padded).get(document); code != simdjson::SUCCESS)
    return broken(code);
  Ending ending = Ending::read;
  JsonObject object;
  JsonArray array;
  if (opening == '{') {
    if (const auto code = document.get_object().get(object); code != simdjson::SUCCESS)
      return broken(code);
    ending = read_object(object);
  } else {
    if (const auto code = document.get_array().get(array); code != simdjson::SUCCESS)
      return broken(code);
    ending = read_array(array);
  }
  if (fields_.ok() && !at_end(document)) walk(document, opening == '{');
  return ending;
}

// What was not looked at must be JSON as well, and one message only.
void FramedDecoder::walk(simdjson::ondemand::document& document, bool is_object) {
  document.rewind();
  JsonObject object;
  JsonArray array;
  if (is_object && document.get_object().get(object) == simdjson::SUCCESS) {
    each_key(object, fields_, [](JsonKey, JsonValue&) {});
  } else if (!is_object && document.get_array().get(array) == simdjson::SUCCESS) {
    for (auto entry : array) {
      if (entry.error() != simdjson::SUCCESS) return fields_.fail(Fault::malformed, "broken JSON");
    }
  }
  if (fields_.ok() && !at_end(document)) fields_.fail(Fault::malformed, "more than one message");
}

std::string_view request_path(std::string_view request) {
  request = trimmed(request);
  if (const size_t host = request.find("://"); host != request.npos) {
    const size_t slash = request.find('/', host + 3);
    request = slash == request.npos ? std::string_view() : request.substr(slash);
  }
  return request.substr(0, request.find('?'));
}

std::string_view request_query(std::string_view request, std::string_view key) {
  const size_t mark = request.find('?');
  if (mark == request.npos) return {};
  std::string_view rest = trimmed(request.substr(mark + 1));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == key) return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace delever::codec
