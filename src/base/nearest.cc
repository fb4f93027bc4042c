#include "base/nearest.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace delever {
namespace {

// Letters to change, add or leave out: Levenshtein's distance, in one row.
size_t distance_of(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t before = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_of(std::string_view written, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 64;  // longer is no slip
  if (written.size() > kLongest) return "";
  std::string best;
  size_t least = std::max<size_t>(1, std::min<size_t>(3, written.size() / 2)) + 1;
  least = std::min(least, written.size());  // another letter in place of one is no slip
  for (const std::string& name : known) {
    size_t far = distance_of(lower(written), lower(name));
    if (written.size() >= 3 && name.starts_with(written)) far = 1;
    if (far < least) {
      least = far;
      best = name;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view written, const std::vector<std::string>& known) {
  const std::string near = nearest_of(written, known);
  return near.empty() ? "" : " (did you mean " + near + "?)";
}

}  // namespace delever
