// Where a verb's events come from: one or several tapes, or the files of an episode folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/decoder.h"
#include "reports/brief.h"
#include "reports/inputs.h"

namespace delever::reports {

// Events received up to and including `to`.
// `progress`: told how far the reading has come. `asked`: other instruments may be left out.
Result<std::unique_ptr<EventFeed>> open_tapes(const std::vector<std::string>& paths, Instant to,
                                              Progress* progress = nullptr,
                                              codec::Asked asked = {});

// Why a time cannot be taken from tapes that give no `what`: what is damaged on them is named.
Error no_time_in(const std::vector<std::string>& paths, std::string_view what);
// The receive time of the last message on the tapes; an error when they are empty.
Result<Instant> last_time(const std::vector<std::string>& paths);
// The time that an option gives ("" when it was not given), else that of the last message.
Result<Instant> time_or_last(const std::string& text, const char* option,
                             const std::vector<std::string>& paths, Context& context);

// An episode: a folder with episode.toml (title, asset, at, claims, notes and [[data]] of file and
// column map).
struct Episode {
  std::string folder, title, asset, claims_path;
  Instant at;
  std::vector<std::string> notes;
  std::vector<gauges::GaugeRange>
      ranges;  // [[range]]: what a long series, too large to carry along, has shown
  struct Data {
    std::string file, map;
  };
  std::vector<Data> data;
};
Result<Episode> load_episode(const std::string& folder);
Result<std::unique_ptr<EventFeed>> open_episode(const Episode& episode, Instant to);

}  // namespace delever::reports
