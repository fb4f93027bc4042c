// delever: the program. Everything it does is in run_cli.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/partial_file.h"
#include "cli/cli.h"
#include "cluster/cluster.h"

namespace {

// A standard stream that the caller closed is a number that the next file would get: notes would
// then stand in a tape. The number is taken here by what can be neither read nor written, so that
// what should go there still fails.
void hold_standard_streams() {
  int file = 0;
  while (file >= 0 && file <= 2) file = ::open("/dev/null", O_RDONLY);
  if (file > 2) close(file);
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  delever::remove_partial_files_on_signals();
  delever::SystemClock clock;
  delever::cli::Io io{.clock = &clock, .progress = isatty(2) == 1, .terminal = isatty(1) == 1};
  struct winsize terminal {};
  if (ioctl(1, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col >= 40) io.width = terminal.ws_col;
  const auto rank = delever::cluster::Cluster::launched_rank();
  if (rank) io.terminal = false;  // mpirun's own, of no width that anybody sees
  if (rank && *rank > 0) {
    // One message a run, not one a rank: rank 0 speaks for all.
    io.other_rank = true;
    io.progress = false;
    if (std::FILE* nowhere = std::fopen("/dev/null", "w")) io.out = io.err = nowhere;
  }
  return delever::cli::run_cli(argc, argv, io);
}
