#include "net/client.h"

#include <utility>
#include <vector>

#include "net/dial.h"
#include "net/exchange.h"
#include "net/opening.h"
#include "net/socket_core.h"

namespace delever::net {
namespace {

// Nothing that could end a line may come from outside into a head.
Result<void> check_headers(const HttpRequest& request) {
  const auto clean = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  };
  for (const Header& header : request.headers) {
    if (!clean(header.name) || !clean(header.value) || header.name.empty() ||
        header.name.find_first_of(" :\t") != std::string::npos)
      return Error{Fault::malformed, "a header with a line end or a bad name", header.name};
  }
  if (!clean(request.method) || request.method.find(' ') != std::string::npos)
    return Error{Fault::malformed, "not a method", request.method};
  return {};
}

class BoostClient final : public Client {
 public:
  explicit BoostClient(std::shared_ptr<ClientShared> shared) : shared_(std::move(shared)) {}

  ~BoostClient() override {
    shared_->closed = true;
    const auto exchanges = std::exchange(shared_->exchanges, {});
    for (const auto& exchange : exchanges) exchange->cancel();
    const auto idle = std::exchange(shared_->idle, {});
    for (const auto& [key, wires] : idle) {
      for (const auto& wire : wires) wire->drop();
    }
    for (const auto& socket : sockets_) {
      if (const auto core = socket.lock()) core->drop();
    }
  }

  void request(HttpRequest request, HttpDone done) override {
    auto url = Url::parse(request.url);
    auto headers = check_headers(request);
    if (url.has_value() && url.value().websocket())
      url = Error{Fault::malformed, "http or https is wanted", request.url};
    if (!url.has_value() || !headers.has_value()) {
      shared_->loop.post([done = std::move(done), error = url.has_value()
                                                              ? headers.error()
                                                              : url.error()] { done(error); });
      return;
    }
    const auto exchange = std::make_shared<Exchange>(shared_, std::move(request),
                                                     std::move(url).value(), std::move(done));
    shared_->exchanges.insert(exchange);
    shared_->loop.post([exchange] { exchange->start(); });
  }

  WebSocketPtr connect(SocketRequest request, SocketHandlers handlers) override {
    const auto core = std::make_shared<SocketCore>(std::move(handlers), request.options);
    std::erase_if(sockets_, [](const auto& one) { return one.expired(); });
    sockets_.push_back(core);
    auto url = Url::parse(request.url);
    if (url.has_value() && !url.value().websocket())
      url = Error{Fault::malformed, "ws or wss is wanted", request.url};
    const auto headers = check_headers({.headers = request.headers});
    if (!url.has_value() || !headers.has_value()) {
      shared_->loop.post([core, error = url.has_value() ? headers.error() : url.error()] {
        core->fail({.error = error});
      });
      return core;
    }
    const size_t read_bytes = request.read_bytes;
    const auto dial =
        Dial::start(shared_->loop, url.value(), shared_->dialling(read_bytes),
                    [core, shared = shared_, request = std::move(request),
                     url = url.value()](Result<Dialled> dialled) {
                      if (!dialled.has_value())
                        return core->fail({.by_peer = true, .error = dialled.error()});
                      const auto wire = dialled.value().wire;
                      core->on_drop([wire] { wire->drop(); });
                      std::make_shared<Opening>(core, request, url)->begin(shared->options, wire);
                    });
    core->on_drop([dial] { dial->cancel(); });
    return core;
  }

 private:
  std::shared_ptr<ClientShared> shared_;
  std::vector<std::weak_ptr<SocketCore>> sockets_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::make(Loop& loop, const ClientOptions& options) {
  TlsContextPtr tls = TRY(client_tls(options.trust));
  return std::unique_ptr<Client>(
      std::make_unique<BoostClient>(std::make_shared<ClientShared>(loop, options, std::move(tls))));
}

}  // namespace delever::net
