#include "dashboard/workers.h"

#include <sys/resource.h>

namespace delever::dashboard {

void Workers::stand_back() {
#if defined(__linux__)
  // 0 is this thread alone. Five steps behind where the process was started, which is not always
  // at 0: a third of the loop's weight. A system that refuses it is as slow as it was.
  thread_local const int done = setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 5);
  static_cast<void>(done);
#endif
}

}  // namespace delever::dashboard
