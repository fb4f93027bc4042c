// The demo alone, as `make demo` shows it while what connects and listens is still compiled.
#include <unistd.h>

#include "base/partial_file.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  delever::remove_partial_files_on_signals();
  delever::SystemClock clock;
  return delever::cli::run_verbs(delever::cli::add_demo, argc, argv,
                                 {.clock = &clock, .progress = isatty(2) == 1});
}
