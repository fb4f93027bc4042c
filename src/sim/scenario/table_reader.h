// Reads the tables of a scenario by their lists of fields. Private to this folder.
#pragma once

#include "sim/scenario/setup_fields.h"

namespace delever::sim {

// Reads a table by its list of fields. The first error is kept, and nothing is read after it.
class TableReader {
 public:
  TableReader(const Config& config, const Scenario& scenario) : c_(config), s_(scenario) {}
  template <class T, class Read>
  void operator()(std::string_view key, T& member, Read read) {
    if (!error_) keep(read(c_, key), member);
  }
  template <class T, class Read>
  bool maybe(std::string_view key, T& member, Read read) {
    if (!c_.has(key)) return false;
    (*this)(key, member, read);
    return true;
  }
  void asset(std::string_view key, uint32_t& member) {
    if (!error_) keep(sim::asset(c_, s_, key), member);
  }
  void maybe_asset(std::string_view key, std::optional<uint32_t>& member) {
    if (!error_ && c_.has(key)) keep(sim::asset(c_, s_, key), member);
  }
  template <class T>
  void tables(std::string_view key, std::vector<T>& members) {
    if (error_) return;
    const auto configs = c_.tables(key);
    if (!configs.has_value()) {
      error_ = configs.error();
      return;
    }
    for (const Config& config : configs.value()) {
      TableReader reader(config, s_);
      fields(reader, members.emplace_back());
      error_ = std::move(reader.error_);
      if (error_) return;
      if (auto checked = check_last(members, config, s_); !checked.has_value())
        error_ = std::move(checked.error());
      if (error_) return;
    }
  }
  template <class T>
  void apart(T&) {}
  Result<void> done() {
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  template <class T, class Member>
  void keep(Result<T> read, Member& member) {
    if (read.has_value())
      member = std::move(read).value();
    else
      error_ = std::move(read.error());
  }
  const Config& c_;
  const Scenario& s_;
  std::optional<Error> error_;
};

template <class T>
Result<void> read_fields(const Config& c, const Scenario& s, T& into) {
  TableReader reader(c, s);
  fields(reader, into);
  return reader.done();
}

}  // namespace delever::sim
