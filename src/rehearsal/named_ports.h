// The venues under their own host names: TLS servers on loopback that hand each request to the face
// of the venue whose name it was sent to. For clients that cannot be pointed elsewhere, or behave
// differently where they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "rehearsal/face.h"

namespace delever::rehearsal {

struct VenueHost {
  std::string_view host, face;  // face empty: a part of the venue that is not played
};
// Those of a venue that nobody plays stand here too: what a bot sends there must not leave this
// machine.
const std::vector<VenueHost>& venue_hosts();
std::vector<std::string> host_names();
// For /etc/hosts, or a copy of it: a line for each venue.
std::string hosts_lines(const std::string& address);

// Where clients expect them: HTTPS; OKX's streams; Binance's spot streams.
inline const std::vector<uint16_t> kVenuePorts{443, 8443, 9443};

class NamedPorts {
 public:
  struct Options {
    net::TlsIdentity identity;
    std::vector<uint16_t> ports = kVenuePorts;
  };
  using Played = std::vector<std::unique_ptr<Face>>;
  // `address`: of this machine alone. Who is played outlives it.
  static Result<std::unique_ptr<NamedPorts>> listen(net::Loop& loop, const std::string& address,
                                                    const Options& options, const Played& played);
  std::vector<uint16_t> ports() const;
  void close(Duration grace, const std::function<void()>& each_done);

 private:
  explicit NamedPorts(const Played& played) : played_(played) {}
  Face* face_of(const net::ServerRequest& request) const;

  const Played& played_;
  std::vector<std::unique_ptr<net::Server>> servers_;
};

}  // namespace delever::rehearsal
