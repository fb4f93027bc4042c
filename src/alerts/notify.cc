#include "alerts/notify.h"

#include <fmt/format.h>

#include <utility>

#include "auth/digest.h"
#include "base/hash.h"
#include "render/json.h"

namespace delever::alerts {
namespace {

using render::Json;

constexpr int kTries = 2;
constexpr Duration kAgain = Duration::seconds(2);

Json to_json(const Alert& a) {
  return {{"alert", a.name},         {"state", a.firing ? "firing" : "over"},
          {"severity", a.severity},  {"asset", a.asset},
          {"subject", a.subject},    {"at", a.at.text()},
          {"since", a.since.text()}, {"value", render::json_or_null(a.value)},
          {"text", a.text},          {"rule", a.place}};
}

}  // namespace

std::string alert_json(const Alert& alert) { return render::json_line(to_json(alert)); }

std::string alertmanager_json(const std::vector<Alert>& alerts) {
  Json all = Json::array();
  for (const Alert& a : alerts) {
    Json one{{"labels", Json{{"alertname", a.name},
                             {"severity", a.severity},
                             {"asset", a.asset},
                             {"subject", a.subject}}},
             {"annotations", Json{{"summary", a.text}, {"rule", a.place}}},
             {"startsAt", a.since.text()}};
    if (!a.firing) one["endsAt"] = a.at.text();
    all.push_back(std::move(one));
  }
  return render::json_line(all);
}

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  return "sha256=" + auth::hex(auth::hmac_sha256(secret, fmt::format("{}.{}", timestamp, body)));
}

Notifier::Notifier(net::Loop& loop, Targets targets, std::function<void(const std::string&)> failed)
    : loop_(loop), targets_(std::move(targets)), failed_(std::move(failed)) {}

Result<std::unique_ptr<Notifier>> Notifier::make(net::Loop& loop, Targets targets,
                                                 std::function<void(const std::string&)> failed) {
  for (const std::string& url : {targets.webhook, targets.alertmanager}) {
    if (!url.empty()) (void)TRY(net::Url::parse(url));
  }
  std::unique_ptr<Notifier> out(new Notifier(loop, std::move(targets), std::move(failed)));
  out->client_ = TRY(net::Client::make(loop, {}));
  return out;
}

void Notifier::send(const std::vector<Alert>& alerts) {
  if (alerts.empty()) return;
  const auto request = [&](const std::string& url, std::string body) {
    net::HttpRequest out{.method = "POST", .url = url, .headers = {}, .body = std::move(body)};
    out.headers = {{"Content-Type", "application/json"}};
    out.timeout = Duration::seconds(10);
    return out;
  };
  if (!targets_.webhook.empty()) {
    Json json{{"alerts", Json::array()}};
    for (const Alert& a : alerts) json["alerts"].push_back(to_json(a));
    net::HttpRequest out = request(targets_.webhook, render::json_line(json));
    const std::string now = loop_.clock().now().text();
    Hasher id;
    id.add(out.body);
    id.add(++number_);
    out.headers.push_back({"X-Delever-Id", fmt::format("{:016x}", id.digest())});
    out.headers.push_back({"X-Delever-Timestamp", now});
    if (!targets_.secret.empty())
      out.headers.push_back({"X-Delever-Signature", signature(targets_.secret, now, out.body)});
    ++under_way_;
    post(std::move(out), kTries);
  }
  if (targets_.alertmanager.empty()) return;
  std::string url = targets_.alertmanager;
  while (url.ends_with('/')) url.pop_back();
  ++under_way_;
  post(request(url + "/api/v2/alerts", alertmanager_json(alerts)), kTries);
}

void Notifier::post(net::HttpRequest request, int tries) {
  net::HttpRequest copy = request;
  client_->request(std::move(copy), [this, request = std::move(request),
                                     tries](Result<net::HttpAnswer> answer) mutable {
    const int status = answer.has_value() ? answer.value().status : 0;
    if (status / 100 == 2) {
      --under_way_;
      return;
    }
    // What the other side does not want it will not want again.
    const bool useless = status / 100 == 4 && status != 408 && status != 429;
    if (tries > 1 && !useless) {
      std::erase_if(again_, [](const net::Timer& t) { return !t.waiting(); });
      again_.push_back(loop_.after(kAgain, [this, request = std::move(request), tries]() mutable {
        post(std::move(request), tries - 1);
      }));
      return;
    }
    --under_way_;
    failed_(
        fmt::format("{}: not delivered: {}", request.url,
                    answer.has_value() ? fmt::format("status {}", status) : answer.error().text()));
  });
}

}  // namespace delever::alerts
