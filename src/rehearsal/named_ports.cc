#include "rehearsal/named_ports.h"

#include <fmt/format.h>

#include "base/text.h"

namespace delever::rehearsal {

// Test networks, demonstration accounts and the venues' addresses of other regions too: a bot that
// was set to one is a rehearsal already.
const std::vector<VenueHost>& venue_hosts() {
  static const std::vector<VenueHost> all{
      {"fapi.binance.com", "binance"},
      {"fstream.binance.com", "binance"},
      {"fstream-auth.binance.com", "binance"},
      {"ws-fapi.binance.com", "binance"},
      {"demo-fapi.binance.com", "binance"},
      {"api.binance.com", "binance-spot"},
      {"stream.binance.com", "binance-spot"},
      {"ws-api.binance.com", "binance-spot"},
      {"api1.binance.com", "binance-spot"},
      {"api2.binance.com", "binance-spot"},
      {"api3.binance.com", "binance-spot"},
      {"api4.binance.com", "binance-spot"},
      {"api-gcp.binance.com", "binance-spot"},
      {"demo-api.binance.com", "binance-spot"},
      {"demo-stream.binance.com", "binance-spot"},
      {"demo-ws-api.binance.com", "binance-spot"},
      {"dapi.binance.com", "binance-spot"},
      {"dstream.binance.com", ""},
      {"papi.binance.com", ""},
      {"eapi.binance.com", ""},
      {"testnet.binancefuture.com", "binance"},
      {"fstream.binancefuture.com", "binance"},
      {"stream.binancefuture.com", "binance"},
      {"testnet.binance.vision", "binance-spot"},
      {"stream.testnet.binance.vision", "binance-spot"},
      {"ws-api.testnet.binance.vision", "binance-spot"},
      {"data-api.binance.vision", "binance-spot"},
      {"data-stream.binance.vision", "binance-spot"},
      {"api.bybit.com", "bybit"},
      {"stream.bybit.com", "bybit"},
      {"api-testnet.bybit.com", "bybit"},
      {"stream-testnet.bybit.com", "bybit"},
      {"api-demo.bybit.com", "bybit"},
      {"stream-demo.bybit.com", "bybit"},
      {"api.bytick.com", "bybit"},
      {"stream.bytick.com", "bybit"},
      {"api.bybit.eu", "bybit"},
      {"stream.bybit.eu", "bybit"},
      {"api.bybit.nl", "bybit"},
      {"stream.bybit.nl", "bybit"},
      {"api.bybit.kz", "bybit"},
      {"stream.bybit.kz", "bybit"},
      {"api.bybit.tr", "bybit"},
      {"stream.bybit.tr", "bybit"},
      {"www.okx.com", "okx"},
      {"ws.okx.com", "okx"},
      {"wspap.okx.com", "okx"},
      {"aws.okx.com", "okx"},
      {"wsaws.okx.com", "okx"},
      {"okx.com", "okx"},
      {"openapi.okx.com", "okx"},
      {"us.okx.com", "okx"},
      {"app.okx.com", "okx"},
      {"wsus.okx.com", "okx"},
      {"wsuspap.okx.com", "okx"},
      {"eea.okx.com", "okx"},
      {"my.okx.com", "okx"},
      {"wseea.okx.com", "okx"},
      {"wseeapap.okx.com", "okx"},
      {"www.deribit.com", "deribit"},
      {"deribit.com", "deribit"},
      {"streams.deribit.com", "deribit"},
      {"test.deribit.com", "deribit"},
      {"history.deribit.com", "deribit"},
      {"api.hyperliquid.xyz", "hyperliquid"},
      {"rpc.hyperliquid.xyz", "hyperliquid"},
      {"api.hyperliquid-testnet.xyz", "hyperliquid"},
  };
  return all;
}

std::vector<std::string> host_names() {
  std::vector<std::string> names;
  for (const VenueHost& one : venue_hosts()) names.emplace_back(one.host);
  return names;
}

std::string hosts_lines(const std::string& address) {
  std::string out, domain;
  for (const VenueHost& one : venue_hosts()) {
    const size_t top = one.host.rfind('.');
    const size_t dot = one.host.rfind('.', top - 1);
    const std::string_view own = one.host.substr(dot == one.host.npos ? 0 : dot + 1);
    if (own != domain) {
      out += (out.empty() ? "" : "\n") + address;
      domain = own;
    }
    out += " " + std::string(one.host);
  }
  return out + "\n";
}

Result<std::unique_ptr<NamedPorts>> NamedPorts::listen(net::Loop& loop, const std::string& address,
                                                       const Options& options,
                                                       const Played& played) {
  if (!net::is_loopback(address))
    return Error{Fault::usage, "under the venues' names on this machine alone", address};
  std::unique_ptr<NamedPorts> made(new NamedPorts(played));
  for (const uint16_t port : options.ports) {
    net::ServerOptions serving;
    serving.listen = {address, port};
    serving.tls = options.identity;
    serving.hosts = host_names();
    auto listening = net::Server::listen(loop, Face::bounded(serving));
    if (!listening.has_value()) {
      listening.error().what += "; --port as-venue=N puts all names on one other port";
      return std::move(listening.error());
    }
    net::Server& server = *made->servers_.emplace_back(std::move(listening).value());
    NamedPorts* const self = made.get();
    server.route("*", "/*", [self](const net::ServerRequest& request, const net::ReplyPtr& reply) {
      if (Face* const face = self->face_of(request)) return face->answer(request, reply);
      reply->json(404, R"({"error":"delever rehearsal: this part of the venue is not played"})");
    });
    server.socket("/*", Face::socket_options(),
                  [self](const net::ServerRequest& request,
                         const net::WebSocketPtr& socket) -> net::Server::Accepted {
                    Face* const face = self->face_of(request);
                    if (!face) return {404, {}};
                    return face->accept(request, socket);
                  });
  }
  return made;
}

// The name in the request, not that of the handshake: they differ where a client keeps connections
// for several names of one certificate.
Face* NamedPorts::face_of(const net::ServerRequest& request) const {
  std::string host = lower(net::find_header(request.headers, "Host").value_or(""));
  host.resize(std::min(host.size(), host.find(':')));
  for (const VenueHost& one : venue_hosts()) {
    if (one.host != host) continue;
    for (const auto& face : played_) {
      if (face->name() == one.face) return face.get();
    }
  }
  return nullptr;
}

std::vector<uint16_t> NamedPorts::ports() const {
  std::vector<uint16_t> out;
  for (const auto& server : servers_) out.push_back(server->address().port);
  return out;
}

void NamedPorts::close(Duration grace, const std::function<void()>& each_done) {
  for (const auto& server : servers_) server->close(grace, each_done);
}

}  // namespace delever::rehearsal
