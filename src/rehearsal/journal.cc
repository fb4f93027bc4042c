#include "rehearsal/journal.h"

#include <fmt/format.h>

#include <filesystem>

#include "auth/digest.h"
#include "base/text.h"
#include "exchange/codec.h"

namespace delever::rehearsal {
namespace {

constexpr std::string_view kMagic = "delever rehearsal 1";
constexpr std::string_view kCollaterals[] = {"single", "multi", "portfolio"};

Result<uint64_t> number(std::string_view text) {
  const auto read = read_int(text);
  if (!read || *read < 0) return Error{Fault::malformed, "not a count"};
  return static_cast<uint64_t>(*read);
}

std::optional<uint64_t> hex_number(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || text.size() > 16) return std::nullopt;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    value = value * 16 + static_cast<uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

Result<Member> read_member(const std::vector<std::string_view>& words) {
  Member m;
  if (words.size() < 3) return Error{Fault::malformed, "a member has a venue and a mode"};
  m.venue = words[1];
  size_t k = 0;
  while (k < std::size(kCollaterals) && kCollaterals[k] != words[2]) ++k;
  if (k == std::size(kCollaterals)) return Error{Fault::malformed, "no such mode of collateral"};
  m.collateral = static_cast<CollateralMode>(k);
  for (size_t w = 3; w < words.size(); ++w) {
    const size_t equals = words[w].find('=');
    if (equals == std::string_view::npos)
      return Error{Fault::malformed, "a deposit is COIN=AMOUNT"};
    const Amount amount = TRY(Amount::parse(words[w].substr(equals + 1)));
    m.deposits.emplace_back(words[w].substr(0, equals), amount);
  }
  return m;
}

std::optional<Reject> reject_of(std::string_view name) {
  for (auto r = static_cast<uint8_t>(Reject::none); r <= static_cast<uint8_t>(Reject::not_allowed);
       ++r) {
    if (reject_name(static_cast<Reject>(r)) == name) return static_cast<Reject>(r);
  }
  return std::nullopt;
}

Result<Entered> read_command(std::vector<std::string_view> words) {
  Entered e;
  if (words[0] == "r" && words.size() == 7) {
    const auto why = reject_of(words[5]);
    if (!why || *why == Reject::none) return Error{Fault::malformed, "no such refusal"};
    e.refused = *why;
    words.erase(words.begin() + 5);
  }
  if (words.size() != 6) return Error{Fault::malformed, "a command has five parts"};
  e.second = TRY(number(words[1]));
  e.venue = static_cast<uint32_t>(TRY(number(words[2])));
  e.taken = static_cast<uint32_t>(TRY(number(words[3])));
  const auto bytes = auth::from_hex(words[5]);
  if (!bytes) return Error{Fault::malformed, "not hexadecimal"};
  e.command = TRY(exchange::decode(*bytes));
  if (std::to_string(e.command.at.ns()) != words[4])
    return Error{Fault::malformed, "the time is not the command's"};
  return e;
}

Result<void> read_line(std::string_view line, Journal& into) {
  const std::vector<std::string_view> words = split(line, ' ');
  const std::string_view kind = words[0];
  if (kind == "seed" && words.size() == 2) {
    into.head.seed = TRY(number(words[1]));
  } else if (kind == "scenario" && words.size() == 3) {
    into.head.scenario_name = words[1];
    const auto text = auth::from_hex(words[2]);
    if (!text) return Error{Fault::malformed, "not hexadecimal"};
    into.head.scenario_text = *text;
  } else if (kind == "from" && words.size() == 2) {
    const auto ns = read_int(words[1]);
    if (!ns) return Error{Fault::malformed, "not a time"};
    into.head.from = Instant::ns(*ns);
  } else if (kind == "member") {
    into.head.members.push_back(TRY(read_member(words)));
  } else if (kind == "c" || kind == "r") {
    into.commands.push_back(TRY(read_command(words)));
  } else if (kind == "p" && words.size() >= 3) {
    const uint64_t second = TRY(number(words[1]));
    const size_t json = line.find('{');
    if (json == line.npos) return Error{Fault::malformed, "a push is JSON"};
    const auto tree = TRY(gateways::JsonTree::parse(line.substr(json)));
    into.pushes.emplace_back(second, TRY(read_push(tree)));
  } else if (kind == "h" && words.size() == 3) {
    const uint64_t second = TRY(number(words[1]));
    const auto hash = hex_number(words[2]);
    if (!hash) return Error{Fault::malformed, "not a hash"};
    into.hashes.emplace_back(second, *hash);
  } else {
    return Error{Fault::malformed, "no such record"};
  }
  return {};
}

}  // namespace

Result<JournalWriter> JournalWriter::create(const std::string& path, const JournalHead& head) {
  std::error_code missing;
  if (std::filesystem::file_size(path, missing) > 0 && !missing)
    return Error{Fault::usage, "is there already: a journal is written once", path};
  FileHandle file = TRY(open_file(path, FileUse::append));
  JournalWriter writer(std::move(file), path);
  std::string& out = writer.waiting_;
  out = fmt::format("{}\nseed {}\nscenario {} {}\nfrom {}\n", kMagic, head.seed, head.scenario_name,
                    auth::hex(head.scenario_text), head.from.ns());
  for (const Member& m : head.members) {
    out += fmt::format("member {} {}", m.venue, kCollaterals[static_cast<size_t>(m.collateral)]);
    for (const auto& [coin, amount] : m.deposits) out += fmt::format(" {}={}", coin, amount.text());
    out += "\n";
  }
  TRY(writer.flush());
  return writer;
}

void JournalWriter::command(const Entered& e) {
  const bool refused = e.refused != Reject::none;
  fmt::format_to(std::back_inserter(waiting_), "{} {} {} {} {} {}{}{}\n", refused ? "r" : "c",
                 e.second, e.venue, e.taken, e.command.at.ns(),
                 refused ? reject_name(e.refused) : "", refused ? " " : "",
                 auth::hex(exchange::encode(e.command)));
}
void JournalWriter::push(size_t second, const Push& push) {
  waiting_ += fmt::format("p {} {}\n", second, push_json(push));
}
void JournalWriter::hash(size_t seconds, uint64_t hash) {
  waiting_ += fmt::format("h {} {:016x}\n", seconds, hash);
}

Result<void> JournalWriter::flush() {
  if (waiting_.empty()) return {};
  const bool whole =
      std::fwrite(waiting_.data(), 1, waiting_.size(), file_.get()) == waiting_.size() &&
      std::fflush(file_.get()) == 0;
  waiting_.clear();
  if (!whole) return Error{Fault::unavailable, "cannot be written", path_};
  return {};
}

Result<Journal> read_journal(const std::string& path) {
  const std::string text = TRY(read_file(path));
  Journal journal;
  journal.cut = !text.empty() && text.back() != '\n';
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.empty() || lines[0] != kMagic)
    return Error{Fault::malformed, "not a journal of a rehearsal of this version", path};
  lines.pop_back();  // empty, or cut
  for (size_t k = 1; k < lines.size(); ++k) {
    auto read = read_line(lines[k], journal);
    if (!read.has_value()) return std::move(read.error()).at(fmt::format("{}:{}", path, k + 1));
  }
  if (journal.head.scenario_text.empty()) return Error{Fault::malformed, "names no scenario", path};
  return journal;
}

}  // namespace delever::rehearsal
