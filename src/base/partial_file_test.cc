// Goal: a file is there whole or not at all, what is not ours is not replaced, and no output is an
// input, whatever links lead to it.
#include "base/partial_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/output_guard.h"

namespace delever {
namespace {

namespace fs = std::filesystem;
using Kind = OutputGuard::Kind;

class PartialFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = fs::temp_directory_path() / "delever-partial-XXXXXX";
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    folder = made;
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string at(const char* name) const { return folder + "/" + name; }
  std::string bytes(const char* name) const {
    std::ifstream in(at(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  void put(const char* name, std::string_view text) const {
    std::ofstream(at(name), std::ios::binary) << text;
  }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::recursive_directory_iterator(folder), {}));
  }
  Result<void> write(const std::string& path, std::string_view text) const {
    auto file = OutputFile::create(path);
    if (!file.has_value()) return file.error();
    auto written = file.value().write(text);
    if (!written.has_value()) return written;
    return file.value().commit();
  }
  std::string folder;
};

TEST_F(PartialFileTest, old_until_it_is_whole) {
  put("a", "old");
  {
    auto file = OutputFile::create(at("a"));
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file.value().write("half of the").has_value());
    EXPECT_EQ(bytes("a"), "old");
  }
  EXPECT_EQ(bytes("a"), "old");
  EXPECT_EQ(entries(), 1U);
  ASSERT_TRUE(write(at("a"), "new").has_value());
  EXPECT_EQ(bytes("a"), "new");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PartialFileTest, folders_are_made_and_go_with_what_was_given_up) {
  { ASSERT_TRUE(OutputFile::create(at("x/y/a")).has_value()); }
  EXPECT_EQ(entries(), 0U);
  ASSERT_TRUE(write(at("x/y/a"), "a").has_value());
  EXPECT_EQ(bytes("x/y/a"), "a");
}

TEST_F(PartialFileTest, links_stay_links_and_protected_files_stay) {
  put("a", "old");
  fs::create_symlink("a", at("link"));
  ASSERT_TRUE(write(at("link"), "new").has_value());
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(bytes("a"), "new");
  fs::permissions(at("a"), fs::perms(0640));
  ASSERT_TRUE(write(at("a"), "newer").has_value());
  EXPECT_EQ(fs::status(at("a")).permissions(), fs::perms(0640));
  fs::create_symlink("b", at("to-nothing"));
  ASSERT_TRUE(write(at("to-nothing"), "b").has_value());
  EXPECT_EQ(bytes("b"), "b");
  EXPECT_FALSE(write(folder, "x").has_value());
  EXPECT_FALSE(write(at("a") + "/b", "x").has_value());
}

TEST_F(PartialFileTest, a_full_disk_is_an_error_and_leaves_nothing) {
  EXPECT_FALSE(write("/dev/full", "x").has_value());
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{10, 10};
    setrlimit(RLIMIT_FSIZE, &small);
    _exit(write(at("a"), std::string(100, 'x')).has_value() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(entries(), 0U);
}

TEST_F(PartialFileTest, a_signal_removes_what_is_being_written) {
  put("old", "old");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    const pid_t child = fork();
    if (child == 0) {
      remove_partial_files_on_signals();
      auto one = OutputFile::create(at("old"));
      auto two = PartialFile::begin(at("tape"), {"-wal"});
      put(fs::path(two.value().path() + "-wal").filename().c_str(), "x");
      std::raise(signal);
      _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_EQ(entries(), 1U) << signal;
    EXPECT_EQ(bytes("old"), "old");
  }
}

TEST_F(PartialFileTest, while_watched_the_first_signal_is_only_noted) {
  const pid_t child = fork();
  if (child == 0) {
    remove_partial_files_on_signals();
    {
      const InterruptWatch watch;
      std::raise(SIGTERM);
      if (!InterruptWatch::interrupted()) _exit(2);
      put("closed", "tidily");
    }
    InterruptWatch::end_if_interrupted();
    _exit(3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_EQ(bytes("closed"), "tidily");
}

Fault fault_of(const Result<void>& result) {
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? Fault::refused : result.error().fault;
}

TEST_F(PartialFileTest, no_output_is_an_input) {
  put("in", "input");
  fs::create_symlink("in", at("soft"));
  fs::create_hard_link(at("in"), at("hard"));
  fs::create_directories(at("folder"));
  put("folder/part", "of an input folder");
  for (const bool force : {false, true}) {
    for (const char* name : {"in", "soft", "hard", "folder/part"}) {
      OutputGuard guard;
      guard.add_input(at("in"));
      guard.add_input(at("folder"));
      guard.add_input(at("not-there"));
      guard.set_force(force);
      EXPECT_EQ(fault_of(guard.allow(at(name), Kind::file)), Fault::usage) << name;
      EXPECT_EQ(fault_of(guard.allow(at(name), Kind::grows)), Fault::usage) << name;
    }
  }
  OutputGuard guard;
  EXPECT_TRUE(guard.allow(at("out"), Kind::file).has_value());
  EXPECT_EQ(fault_of(guard.allow(folder + "/./out", Kind::file)), Fault::usage);
  EXPECT_EQ(fault_of(guard.allow(at("in") + "/out", Kind::file)), Fault::unavailable);
  EXPECT_EQ(fault_of(guard.allow(folder, Kind::file)), Fault::unavailable);
  EXPECT_TRUE(guard.allow("/dev/null", Kind::file).has_value());
}

TEST_F(PartialFileTest, what_is_not_ours_is_not_replaced) {
  const auto allowed = [&](const char* name, bool force, Kind kind = Kind::file) {
    OutputGuard guard;
    guard.set_force(force);
    return guard.allow(at(name), kind).has_value();
  };
  put("notes", "by hand");
  put("nothing", "");
  put("tape", std::string("SQLite format 3\0", 16) + std::string(100, 'x'));
  EXPECT_FALSE(allowed("notes", false));
  EXPECT_TRUE(allowed("notes", true));
  EXPECT_TRUE(allowed("nothing", false));
  EXPECT_FALSE(allowed("tape", false));
  EXPECT_TRUE(allowed("tape", true));
  EXPECT_TRUE(allowed("tape", false, Kind::grows));
  ASSERT_TRUE(write(at("ours"), "answer").has_value());
  if (!keeps_our_mark(at("ours"))) GTEST_SKIP() << "this file system keeps no extended attributes";
  EXPECT_TRUE(allowed("ours", false));
  put("ours", "changed by hand");
  EXPECT_FALSE(allowed("ours", false));
  // Written by a delever of before December 2026: the FNV-1a of "foobar", as its authors print it.
  put("older", "foobar");
  ASSERT_EQ(setxattr(at("older").c_str(), "user.delever", "85944171f73967e8", 16, 0), 0);
  EXPECT_TRUE(keeps_our_mark(at("older")));
  put("older", "fooba_");
  EXPECT_FALSE(keeps_our_mark(at("older")));
  // A tape that delever wrote whole and nobody changed.
  ASSERT_TRUE(write(at("sim"), std::string("SQLite format 3\0", 16)).has_value());
  EXPECT_FALSE(allowed("sim", false));
  EXPECT_TRUE(allowed("sim", false, Kind::own_tape));
}

}  // namespace
}  // namespace delever
