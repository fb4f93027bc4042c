#include "net/dial.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "net/proxy_talk.h"

namespace delever::net {
namespace {

using boost::system::error_code;
constexpr Duration kStagger = Duration::ms(250);

// The end of a wire while hands are shaken: nothing may come before, and what ends it is told.
class Watcher final : public Wire::Owner {
 public:
  explicit Watcher(std::function<void(const Error&)> ended) : ended_(std::move(ended)) {}
  size_t on_bytes(std::span<char>, Instant) override { return 0; }
  void on_end(const Error& error) override { ended_(error); }

 private:
  std::function<void(const Error&)> ended_;
};

// IPv6 and IPv4 by turns, beginning with the family that the resolver put first.
template <class Endpoint>
std::vector<Endpoint> interleaved(const std::vector<Endpoint>& all) {
  std::vector<Endpoint> first, second, out;
  for (const Endpoint& one : all)
    (one.protocol() == all.front().protocol() ? first : second).push_back(one);
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

}  // namespace

std::shared_ptr<Dial> Dial::start(Loop& loop, Url url, const DialOptions& options, Done done) {
  auto dial = std::make_shared<Dial>(loop, std::move(url), options, std::move(done));
  loop.post([dial] { dial->begin(); });
  return dial;
}

Dial::Dial(Loop& loop, Url url, const DialOptions& options, Done done)
    : loop_(loop),
      url_(std::move(url)),
      options_(options),
      done_(std::move(done)),
      resolver_(loop.impl().io) {}

void Dial::begin() {
  if (!done_) return;
  limit_ = loop_.after(options_.timeout, [self = shared_from_this()] {
    self->fail(Fault::unavailable,
               fmt::format("{}: no answer within {}", self->stage_, self->options_.timeout.text()));
  });
  auto proxy = options_.proxies.for_url(url_);
  if (!proxy.has_value()) return finish(std::move(proxy.error()));
  proxy_ = std::move(proxy).value();
  if (proxy_) return resolve(proxy_->host, proxy_->port);
  resolve(url_.host, url_.port);
}

void Dial::resolve(const std::string& host, uint16_t port) {
  const std::string whose = proxy_ ? "the proxy " + proxy_->text() : host;
  error_code error;
  if (const auto address = boost::asio::ip::make_address(host, error); !error)
    return try_all({Tcp::endpoint(address, port)});
  stage_ = fmt::format("looking up the address of {}", whose);
  resolver_.async_resolve(host, std::to_string(port), Tcp::resolver::address_configured,
                          [self = shared_from_this(), whose](
                              const error_code& failed, const Tcp::resolver::results_type& found) {
                            if (!self->done_) return;
                            if (failed)
                              return self->fail(Fault::unavailable,
                                                fmt::format("the name {} cannot be resolved: {}",
                                                            whose, failed.message()));
                            self->try_all({found.begin(), found.end()});
                          });
}

void Dial::try_all(std::vector<Tcp::endpoint> endpoints) {
  if (endpoints.empty()) return fail(Fault::unavailable, "the name has no address");
  endpoints_ = interleaved(endpoints);
  stage_ = fmt::format("connecting to {}", endpoints_.front().address().to_string());
  try_next();
}

void Dial::try_next() {
  if (!done_ || next_ == endpoints_.size()) return;
  Attempt& attempt = attempts_.emplace_back(loop_.impl().io);
  attempt.endpoint = endpoints_[next_++];
  attempt.socket.async_connect(attempt.endpoint, [self = shared_from_this(),
                                                  &attempt](const error_code& error) {
    if (!self->done_ || self->wire_) return;
    if (!error) return self->connected(std::move(attempt.socket));
    self->last_failure_ = fmt::format(
        "{}: {}", HostPort{attempt.endpoint.address().to_string(), attempt.endpoint.port()}.text(),
        error.message());
    if (++self->failed_ == self->endpoints_.size()) {
      const size_t others = self->failed_ - 1;
      return self->fail(
          Fault::unavailable,
          fmt::format("cannot connect{} to {}{}", self->proxy_ ? " to the proxy" : "",
                      self->last_failure_,
                      others == 0 ? "" : fmt::format(" (and {} more addresses)", others)));
    }
    self->try_next();
  });
  if (next_ < endpoints_.size())
    stagger_ = loop_.after(kStagger, [self = shared_from_this()] { self->try_next(); });
}

void Dial::connected(Tcp::socket socket) {
  stagger_.cancel();
  wire_ = std::make_shared<TcpWire>(loop_.impl(), std::move(socket), options_.read_bytes,
                                    options_.stall);
  wire_->give_to(std::make_shared<Watcher>(
      [self = shared_from_this()](const Error& error) { self->fail(error.fault, error.text()); }));
  const bool tunnel =
      proxy_ && (url_.tls() || url_.websocket() || proxy_->kind == Proxy::Kind::socks5);
  if (!tunnel) return begin_tls();
  stage_ = "the proxy " + proxy_->text();
  wire_->give_to(std::make_shared<ProxyTalk>(
      wire_, *proxy_, url_, [self = shared_from_this()](const Result<void>& done) {
        if (!self->done_) return;
        if (!done.has_value())
          return self->fail(
              done.error().fault,
              fmt::format("the proxy {}: {}", self->proxy_->text(), done.error().text()));
        self->wire_->give_to(std::make_shared<Watcher>(
            [self](const Error& error) { self->fail(error.fault, error.text()); }));
        self->proxy_.reset();  // from here on the wire is the server's
        self->begin_tls();
      }));
}

void Dial::begin_tls() {
  if (!url_.tls()) return finish(Dialled{wire_, proxy_});
  stage_ = "TLS handshake";
  CHECK(options_.tls != nullptr);
  auto begun = wire_->start_tls(options_.tls, url_.host, [self = shared_from_this()] {
    if (self->done_) self->finish(Dialled{self->wire_, {}});
  });
  if (!begun.has_value()) fail(begun.error().fault, begun.error().text());
}

void Dial::fail(Fault fault, std::string what) {
  finish(Error{fault, std::move(what), url_.text()});
}

void Dial::finish(Result<Dialled> result) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  const auto wire = wire_;
  cancel();
  if (!result.has_value() && wire) wire->drop();
  done(std::move(result));
}

void Dial::cancel() {
  if (done_ && wire_) wire_->drop();
  done_ = nullptr;
  limit_.cancel();
  stagger_.cancel();
  resolver_.cancel();
  for (Attempt& attempt : attempts_) {
    error_code ignored;
    attempt.socket.close(ignored);
  }
  wire_.reset();
}

}  // namespace delever::net
