// What the verbs that raise alerts share.
#pragma once

#include <string>
#include <vector>

#include "alerts/alert_book.h"
#include "alerts/notify.h"
#include "cli/cli.h"

namespace delever::cli {

struct AlertArguments {
  std::string webhook, secret_file, alertmanager;
};
void add_alert_targets(Verb* verb, AlertArguments& arguments);
Result<alerts::Targets> alert_targets(const AlertArguments& arguments);
Result<std::vector<alerts::Rule>> load_alert_rules(const std::string& path);
std::string alert_text(const alerts::Alert& alert);

}  // namespace delever::cli
