#include "net/url.h"

#include <gtest/gtest.h>

#include "net/proxy.h"

namespace delever::net {
namespace {

TEST(Url, PartsOfAnAddress) {
  const auto url = Url::parse("wss://fstream.binance.com/market/stream?streams=a/b#x");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url.value().host, "fstream.binance.com");
  EXPECT_EQ(url.value().port, 443);
  EXPECT_EQ(url.value().target, "/market/stream?streams=a/b");
  EXPECT_TRUE(url.value().tls());
  EXPECT_EQ(url.value().host_header(), "fstream.binance.com");
  EXPECT_EQ(url.value().text(), "wss://fstream.binance.com/market/stream?streams=a/b");
}

TEST(Url, PortsUsersAndSixes) {
  const auto url = Url::parse("HTTP://u%40x:p@[::1]:8080?q=1");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url.value().host, "::1");
  EXPECT_EQ(url.value().user, "u@x");
  EXPECT_EQ(url.value().password, "p");
  EXPECT_EQ(url.value().target, "/?q=1");
  EXPECT_EQ(url.value().text(), "http://[::1]:8080/?q=1");
  EXPECT_EQ(url.value().host_header(), "[::1]:8080");
}

TEST(Url, WhatIsRefused) {
  for (const char* text : {"", "fstream.binance.com", "ftp://a/", "http://", "http://:80/",
                           "http://a:0/", "http://a:65536/", "http://a:8x/", "http://a b/",
                           "http://a/\r\nX: y", "http://[::1/", "http://[::1]80/"})
    EXPECT_FALSE(Url::parse(text).has_value()) << text;
}

TEST(Url, QueryValues) {
  EXPECT_EQ(query_value("symbol=BTC%2fUSD&limit=5", "symbol"), "BTC/USD");
  EXPECT_EQ(query_value("symbol=BTC&limit=5", "limit"), "5");
  EXPECT_EQ(query_value("symbol=BTC&limit=5", "lim"), "");
  EXPECT_EQ(query_value("a=%4", "a"), "%4");
}

Proxies proxies(std::map<std::string, std::string> variables) {
  return Proxies::from([variables](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  });
}

std::string chosen(const Proxies& proxies, const std::string& url) {
  const auto proxy = proxies.for_url(Url::parse(url).value());
  if (!proxy.has_value()) return proxy.error().text();
  return proxy.value() ? proxy.value()->text() : "direct";
}

TEST(Proxies, ByScheme) {
  const Proxies p = proxies({{"http_proxy", "http://plain:3128"},
                             {"HTTPS_PROXY", "tls.example:8443/"},
                             {"all_proxy", "socks5h://u:p@other"}});
  EXPECT_EQ(chosen(p, "http://a.com/"), "http://plain:3128");
  EXPECT_EQ(chosen(p, "ws://a.com/"), "http://plain:3128");
  EXPECT_EQ(chosen(p, "wss://a.com/"), "http://tls.example:8443");
  EXPECT_EQ(chosen(proxies({{"ALL_PROXY", "socks5h://u:p@other"}}), "wss://a.com/"),
            "socks5://other:1080");
  EXPECT_EQ(chosen(Proxies(), "wss://a.com/"), "direct");
  EXPECT_EQ(chosen(proxies({{"https_proxy", ""}}), "wss://a.com/"), "direct");
}

TEST(Proxies, SmallLettersGoFirst) {
  EXPECT_EQ(chosen(proxies({{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:2"}}),
                   "https://x.com/"),
            "http://a:1");
}

TEST(Proxies, ThisMachineIsNeverAskedThroughOne) {
  const Proxies p = proxies({{"all_proxy", "http://p:1"}});
  EXPECT_EQ(chosen(p, "ws://127.0.0.1:9/"), "direct");
  EXPECT_EQ(chosen(p, "ws://[::1]:9/"), "direct");
  EXPECT_EQ(chosen(p, "http://localhost/"), "direct");
}

TEST(Proxies, Exceptions) {
  const Proxies p = proxies({{"all_proxy", "http://p:1"},
                             {"no_proxy",
                              ".okx.com, Deribit.com 10.0.0.0/8,fd00::/8,192.0.2.7,"
                              "only.port:8080,*.bybit.com"}});
  for (const char* url : {"https://ws.okx.com/", "https://okx.com/", "https://WWW.deribit.com/",
                          "http://10.1.2.3/", "http://[fd12::1]/", "http://192.0.2.7/",
                          "http://only.port:8080/", "https://stream.bybit.com/"})
    EXPECT_EQ(chosen(p, url), "direct") << url;
  for (const char* url : {"https://notokx.com/", "https://okx.com.evil/", "http://11.0.0.1/",
                          "http://192.0.2.8/", "http://only.port/", "http://[fe80::1]/"})
    EXPECT_EQ(chosen(p, url), "http://p:1") << url;
  EXPECT_EQ(chosen(proxies({{"all_proxy", "http://p:1"}, {"NO_PROXY", "*"}}), "http://a/"),
            "direct");
}

TEST(Proxies, AValueThatCannotBeUsedNamesItsVariableAndNotItsPassword) {
  const std::string text =
      chosen(proxies({{"https_proxy", "https://u:secret@p:1"}}), "https://a.com/");
  EXPECT_NE(text.find("https_proxy"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

}  // namespace
}  // namespace delever::net
