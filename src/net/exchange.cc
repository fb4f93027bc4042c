#include "net/exchange.h"

#include <fmt/format.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "net/beast_http.h"

namespace delever::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
constexpr size_t kIdleMost = 4;  // connections kept for one server

// A connection that waits for its next request. Whatever comes, it is of no use any more.
class Idle final : public Wire::Owner {
 public:
  explicit Idle(std::weak_ptr<ClientShared> shared, std::string key)
      : shared_(std::move(shared)), key_(std::move(key)) {}
  size_t on_bytes(std::span<char> bytes, Instant) override;
  void on_end(const Error&) override { forget(); }
  void forget();
  std::weak_ptr<Wire> wire;

 private:
  std::weak_ptr<ClientShared> shared_;
  const std::string key_;
};

size_t Idle::on_bytes(std::span<char> bytes, Instant) {
  if (const auto it = wire.lock()) it->drop();
  forget();
  return bytes.size();
}

void Idle::forget() {
  const auto shared = shared_.lock();
  if (!shared) return;
  auto& all = shared->idle[key_];
  const auto mine = wire.lock();
  std::erase_if(all, [&](const auto& one) { return one == mine || !one->open(); });
}

}  // namespace

struct Exchange::Parsing {
  http::response_parser<http::string_body> parser;
};

Exchange::Exchange(std::shared_ptr<ClientShared> shared, HttpRequest request, Url url,
                   HttpDone done)
    : shared_(std::move(shared)),
      request_(std::move(request)),
      url_(std::move(url)),
      done_(std::move(done)) {}
Exchange::~Exchange() = default;

// A connection that waits from an earlier request saves the dialling and the handshake.
void Exchange::start() {
  auto& idle = shared_->idle[key()];
  while (!idle.empty()) {
    const auto wire = idle.back();
    idle.pop_back();
    if (!wire->open()) continue;
    reused_ = true;
    return begin(wire, {});
  }
  dial();
}

void Exchange::dial() {
  dial_ = Dial::start(shared_->loop, url_, shared_->dialling(size_t{32} << 10),
                      [self = shared_from_this()](Result<Dialled> dialled) {
                        self->dial_.reset();
                        if (!dialled.has_value()) return self->finish(std::move(dialled.error()));
                        self->begin(dialled.value().wire, dialled.value().plain_proxy);
                      });
}

// What the caller set is not set again. A proxy that is spoken to plainly wants the whole address.
std::string Exchange::head(const std::optional<Proxy>& proxy) const {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request_.method,
                                proxy ? url_.text() : url_.target, url_.host_header());
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!find_header(request_.headers, name)) out += fmt::format("{}: {}\r\n", name, value);
  };
  add("User-Agent", shared_->options.user_agent);
  add("Accept-Encoding", "gzip");
  if (!url_.user.empty()) add("Authorization", "Basic " + base64(url_.user + ":" + url_.password));
  if (proxy && !proxy->user.empty())
    add("Proxy-Authorization", "Basic " + base64(proxy->user + ":" + proxy->password));
  if (!request_.body.empty()) add("Content-Length", std::to_string(request_.body.size()));
  for (const Header& header : request_.headers)
    out += fmt::format("{}: {}\r\n", header.name, header.value);
  return out + "\r\n";
}

void Exchange::begin(const std::shared_ptr<Wire>& wire, const std::optional<Proxy>& proxy) {
  if (!done_) return wire->drop();
  wire_ = wire;
  for_proxy_ = proxy.has_value();
  any_byte_ = false;
  begin_parser();
  wire_->idle_limit({});
  wire_->deadline(
      request_.timeout,
      {Fault::unavailable, fmt::format("no whole answer within {}", request_.timeout.text()),
       wire_->peer()});
  wire_->give_to(shared_from_this());
  wire_->write(head(proxy) + request_.body);
}

void Exchange::begin_parser() {
  parsing_ = std::make_unique<Parsing>();
  parsing_->parser.header_limit(kHeadMost);
  parsing_->parser.body_limit(request_.body_limit);
  if (request_.method == "HEAD") parsing_->parser.skip(true);
}

size_t Exchange::on_bytes(std::span<char> bytes, Instant received) {
  const auto self = shared_from_this();
  any_byte_ = true;
  received_ = received;
  size_t took = 0;
  while (took < bytes.size() && !parsing_->parser.is_done()) {
    error_code error;
    const size_t n =
        parsing_->parser.put(boost::asio::buffer(bytes.data() + took, bytes.size() - took), error);
    took += n;
    if (error == http::error::need_more) return took;
    if (error) {
      wire_->drop();
      fail({error == http::error::body_limit ? Fault::out_of_range : Fault::malformed,
            "the answer is not good HTTP: " + error.message()});
      return took;
    }
    if (n == 0 && !parsing_->parser.is_done()) return took;
    // 100 Continue and the like come before the answer.
    if (parsing_->parser.is_done() && parsing_->parser.get().result_int() / 100 == 1 &&
        parsing_->parser.get().result_int() != 101) {
      begin_parser();
    }
  }
  if (parsing_->parser.is_done()) whole();
  return took;
}

// A connection that ends may be how a body ends, or one that the server had given up before.
void Exchange::on_end(const Error& error) {
  if (parsing_ && parsing_->parser.got_some() && !parsing_->parser.is_done() &&
      parsing_->parser.is_header_done()) {
    error_code ignored;
    parsing_->parser.put_eof(ignored);  // a body that ends with its connection
    if (!ignored && parsing_->parser.is_done()) return whole();
  }
  if (reused_ && !any_byte_ && error.what.find("no whole answer") == std::string::npos) {
    // The server had closed it while it was idle; nobody has seen the request.
    reused_ = false;
    wire_.reset();
    return dial();
  }
  fail(error);
}

// The wire goes back to those that wait, if the server will have it so.
void Exchange::whole() {
  auto& message = parsing_->parser.get();
  HttpAnswer answer{static_cast<int>(message.result_int()), copied(message),
                    std::move(message.body()), received_};
  const bool keep = parsing_->parser.keep_alive() && wire_->open() && !for_proxy_;
  if (keep && !shared_->closed && shared_->idle[key()].size() < kIdleMost) {
    const auto idle = std::make_shared<Idle>(shared_, key());
    idle->wire = wire_;
    wire_->no_deadline();
    wire_->idle_limit(shared_->options.keep_alive);
    wire_->give_to(idle);
    shared_->idle[key()].push_back(wire_);
  } else {
    wire_->drop();
  }
  const auto encoding = find_header(answer.headers, "Content-Encoding");
  if (encoding && (same_name(*encoding, "gzip") || same_name(*encoding, "deflate"))) {
    auto body = inflated(answer.body, request_.body_limit);
    if (!body.has_value()) return fail(body.error());
    answer.body = std::move(body).value();
  }
  finish(std::move(answer));
}

void Exchange::fail(const Error& error) { finish(Error{error.fault, error.text(), url_.text()}); }

void Exchange::finish(Result<HttpAnswer> result) {
  const auto self = shared_from_this();
  shared_->exchanges.erase(self);
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

void Exchange::cancel() {
  done_ = nullptr;
  if (dial_) dial_->cancel();
  if (wire_) wire_->drop();
}

}  // namespace delever::net
