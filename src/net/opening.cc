#include "net/opening.h"

#include <fmt/format.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "net/beast_http.h"
#include "net/handshake.h"

namespace delever::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
constexpr size_t kBodyMost = size_t{1} << 20;  // of an answer that refuses

}  // namespace

struct Opening::Parsing {
  http::response_parser<http::string_body> parser;
};

Opening::Opening(std::shared_ptr<SocketCore> core, SocketRequest request, Url url)
    : core_(std::move(core)),
      request_(std::move(request)),
      url_(std::move(url)),
      key_(new_socket_key()),
      parsing_(std::make_unique<Parsing>()) {}
Opening::~Opening() = default;

void Opening::begin(const ClientOptions& options, std::shared_ptr<Wire> wire) {
  wire_ = std::move(wire);
  std::string head = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: {}\r\n",
      url_.target, url_.host_header(), key_, options.user_agent);
  if (request_.options.deflate)
    head += fmt::format("Sec-WebSocket-Extensions: {}\r\n", kDeflateOffer);
  if (!url_.user.empty())
    head += "Authorization: Basic " + base64(url_.user + ":" + url_.password) + "\r\n";
  for (const Header& header : request_.headers)
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  parsing_->parser.header_limit(kHeadMost);
  parsing_->parser.body_limit(kBodyMost);
  wire_->deadline(options.connect_timeout,
                  {Fault::unavailable,
                   fmt::format("no answer to the WebSocket handshake within {}",
                               options.connect_timeout.text()),
                   wire_->peer()});
  wire_->give_to(shared_from_this());
  wire_->write(head + "\r\n");
}

// After the head of an answer 101 come frames, which are left for the socket.
size_t Opening::on_bytes(std::span<char> bytes, Instant received) {
  const auto self = shared_from_this();
  auto& parser = parsing_->parser;
  received_ = received;
  size_t took = 0;
  while (took < bytes.size() && !parser.is_done()) {
    error_code error;
    const size_t n =
        parser.put(boost::asio::buffer(bytes.data() + took, bytes.size() - took), error);
    took += n;
    if (error == http::error::need_more) return took;
    if (error) {
      fail("the answer is not good HTTP: " + error.message());
      return took;
    }
    if (n == 0) break;
  }
  if (parser.is_done()) answered();
  return took;
}

void Opening::on_end(const Error& error) {
  auto& parser = parsing_->parser;
  if (parser.is_header_done() && !parser.is_done()) {
    error_code ignored;
    parser.put_eof(ignored);  // a body that ends with its connection
    if (parser.is_done()) return answered();
  }
  core_->fail({.code = 1006, .by_peer = true, .error = {error.fault, error.text(), url_.text()}});
}

void Opening::fail(std::string what) {
  wire_->drop();
  core_->fail({.code = 1006, .error = {Fault::malformed, std::move(what), url_.text()}});
}

void Opening::refused(const Headers& headers) {
  auto& message = parsing_->parser.get();
  wire_->drop();
  HttpAnswer answer{static_cast<int>(message.result_int()), headers, std::move(message.body()),
                    received_};
  std::string what = fmt::format("the server answered {} {} where a WebSocket was asked for",
                                 answer.status, reason_phrase(answer.status));
  core_->fail({.code = 1006,
               .by_peer = true,
               .error = {Fault::refused, std::move(what), url_.text()},
               .refusal = std::move(answer)});
}

void Opening::answered() {
  const auto& message = parsing_->parser.get();
  const Headers headers = copied(message);
  if (message.result_int() != 101) return refused(headers);
  const auto accept = find_header(headers, "Sec-WebSocket-Accept");
  if (!has_token(headers, "Upgrade", "websocket") || !has_token(headers, "Connection", "Upgrade") ||
      !accept || *accept != socket_accept(key_))
    return fail("the answer 101 is not that of a WebSocket server");
  SocketCore::Role role;
  if (const auto agreed = find_header(headers, "Sec-WebSocket-Extensions")) {
    role.packed = request_.options.deflate ? read_agreement(*agreed) : std::nullopt;
    if (!role.packed) return fail("the server uses an extension that was not offered");
  }
  core_->open(wire_, std::move(role));
}

}  // namespace delever::net
