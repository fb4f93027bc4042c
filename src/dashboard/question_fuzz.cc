// Goal: whatever stands behind the "?" of an address, it is read or refused, and what was read
// means the same when it is read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "dashboard/question.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever::dashboard;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const auto& kinds = question_kinds();
  const std::string_view what = kinds[static_cast<uint8_t>(bytes[0]) % kinds.size()].what;
  const auto read = read_question(what, bytes.substr(1));
  if (!read.has_value()) return 0;
  const Question& q = read.value();
  std::string again;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) again += std::string(again.empty() ? "" : "&") + name + "=" + value;
  };
  put("asset", q.asset), put("at", q.at), put("expiry", q.expiry), put("step", q.step);
  put("only", q.only), put("from", q.from), put("unscored", q.unscored ? "true" : "");
  const auto same = read_question(what, again);
  CHECK(same.has_value() && same.value().key() == q.key());
  return 0;
}
