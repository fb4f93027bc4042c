#include "cli/as_venue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output.h"
#include "gateways/json_writer.h"
#include "net/authority.h"

namespace delever::cli {
namespace {

// Clients refuse what begins in their future, and clocks differ.
constexpr Duration kBefore = Duration::hours(1), kValid = Duration::hours(72);

}  // namespace

void add_as_venue_options(Verb& verb, AsVenue& a) {
  verb.add_flag("--as-venue", a.on,
                "speak TLS under the venues' own names too, on ports 443, 8443 and 9443 of this "
                "machine; --port as-venue=N: all on one");
  verb.add_option("--ca-file", a.ca_file,
                  "with --as-venue: file for the certificate that a client is to trust")
      ->writes();
}

Result<OpenedAsVenue> open_as_venue(Session& session, const AsVenue& a, const std::string& host,
                                    std::optional<uint16_t> port) {
  if (!net::is_loopback(host))
    return Error{Fault::usage, "under the venues' names on this machine alone", "--as-venue"};
  if (a.ca_file.empty())
    return Error{Fault::usage, "wants --ca-file, with which a client trusts it", "--as-venue"};
  const Instant now = session.io.clock->now();
  OpenedAsVenue opened;
  opened.until = now + kValid;
  net::RunAuthority authority =
      TRY(net::make_run_authority(rehearsal::host_names(), now - kBefore, opened.until));
  TRY(write_output(session, a.ca_file, authority.certificate_pem));
  opened.serving.identity = std::move(authority.identity);
  if (port) opened.serving.ports = {*port};
  return opened;
}

std::string as_venue_advice(const AsVenue& a, const std::string& host,
                            const rehearsal::NamedPorts& named, Instant until) {
  return fmt::format(
      "delever: as the venues on {} port {}, trusted by {} until {}\n"
      "  for /etc/hosts, or a copy of it that the bot alone sees; take them out again afterwards:\n"
      "{}"
      "  for the bot: NODE_EXTRA_CA_CERTS={} (Node.js), SSL_CERT_FILE={} (OpenSSL, Python, Go), "
      "REQUESTS_CA_BUNDLE={} (requests)\n",
      host, fmt::join(named.ports(), ", "), a.ca_file, until.text(), rehearsal::hosts_lines(host),
      a.ca_file, a.ca_file, a.ca_file);
}

std::string as_venue_json(const AsVenue& a, const std::string& host,
                          const rehearsal::NamedPorts& named, Instant until) {
  gateways::JsonWriter w;
  w.open('{').text("address", host).open("ports", '[');
  for (const uint16_t port : named.ports()) w.raw_item(port);
  w.close().text("ca_file", a.ca_file).text("valid_until", until.text()).open("hosts", '[');
  for (const std::string& name : rehearsal::host_names()) w.item(name);
  w.close().close();
  return w.take();
}

}  // namespace delever::cli
