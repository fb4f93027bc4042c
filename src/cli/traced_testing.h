// The program under ptrace, killed at the n-th of the calls by which it changes files.
#pragma once

#if defined(__x86_64__)

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "cli/program_testing.h"

namespace delever::cli {

// Calls that change a file, a name or what the disk has confirmed.
inline bool changes_files(const user_regs_struct& regs) {
  switch (regs.orig_rax) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_ftruncate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_fallocate:
    case SYS_setxattr:
    case SYS_fsetxattr:
    case SYS_fchmod:
      return true;
    case SYS_open:
      return (regs.rsi & O_CREAT) != 0;
    case SYS_openat:
      return (regs.rdx & O_CREAT) != 0;
    default:
      return false;
  }
}

struct Traced {
  bool possible = true;  // somewhere ptrace is not allowed
  size_t calls = 0;      // that change files
  int code = -1;         // of a run that came to its end
};

// Runs the program, and kills it when it enters its n-th call that changes files (0: never). With
// `hang_up_each`, each so many of them bring a SIGHUP.
inline Traced run_traced(const std::vector<std::string>& words, size_t kill_at,
                         size_t hang_up_each = 0) {
  Traced traced;
  const pid_t child = fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(77);
    exec_program(words);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) {
    traced.possible = false;
    return traced;
  }
  ptrace(PTRACE_SETOPTIONS, child, nullptr,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  std::set<pid_t> inside;  // threads between the entry of a call and its end
  bool killed = false;
  for (pid_t who; (who = waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (who != child) continue;
      if (WIFEXITED(status)) traced.code = WEXITSTATUS(status);
      if (killed) traced.code = -1;
      break;
    }
    long pass_on = 0;
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      if (inside.erase(who) == 0) {
        inside.insert(who);
        user_regs_struct regs{};
        ptrace(PTRACE_GETREGS, who, nullptr, &regs);
        if (!killed && changes_files(regs) && ++traced.calls == kill_at) {
          killed = true;
          kill(child, SIGKILL);
        } else if (hang_up_each > 0 && changes_files(regs) && traced.calls % hang_up_each == 0) {
          kill(child, SIGHUP);
        }
      }
    } else if (signal != SIGTRAP && signal != SIGSTOP) {
      pass_on = signal;
    }
    ptrace(PTRACE_SYSCALL, who, nullptr, pass_on);
  }
  return traced;
}

// Every n up to `calls`, or `most` of them, the first and the last among them.
inline std::vector<size_t> choice_of(size_t calls, size_t most) {
  std::vector<size_t> chosen;
  const size_t step = std::max<size_t>(1, calls / most);
  for (size_t n = 1; n <= calls; n += step) chosen.push_back(n);
  for (size_t n = calls; n + 12 > calls && n > 0; --n) chosen.push_back(n);  // the end matters most
  return chosen;
}

}  // namespace delever::cli

#endif
