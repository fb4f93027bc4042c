// delever: the program. Everything it does is in run_cli.
#include <unistd.h>

#include "cli/cli.h"

int main(int argc, char** argv) {
  delever::SystemClock clock;
  return delever::run_cli(argc, argv, {.clock = &clock, .progress = isatty(2) == 1});
}
