// `serve --scenario --as-venue`: the venues under their own names, for clients that know no other.
#pragma once

#include <optional>
#include <string>

#include "cli/cli.h"
#include "rehearsal/named_ports.h"

namespace delever::cli {

struct AsVenue {
  bool on = false;
  std::string ca_file;
};

void add_as_venue_options(Verb& verb, AsVenue& a);

// Whom clients are to believe, and for how long; without its key, which is nowhere any more.
struct OpenedAsVenue {
  rehearsal::NamedPorts::Options serving;
  Instant until;
};
// Writes the authority's certificate where the user said. `port`: all names on this one; missing:
// those that clients expect.
Result<OpenedAsVenue> open_as_venue(Session& session, const AsVenue& a, const std::string& host,
                                    std::optional<uint16_t> port);
// What the user has to do, in words, and for scripts.
std::string as_venue_advice(const AsVenue& a, const std::string& host,
                            const rehearsal::NamedPorts& named, Instant until);
std::string as_venue_json(const AsVenue& a, const std::string& host,
                          const rehearsal::NamedPorts& named, Instant until);

}  // namespace delever::cli
