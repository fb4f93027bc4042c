#include "base/file.h"
#include "base/partial_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace delever {
namespace {

// A folder that goes with the test, whatever comes of it.
struct Folder {
  explicit Folder(const char* name)
      : path(testing::TempDir() + "delever_file_" + std::to_string(getpid()) + name) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string path;
};

TEST(File, ReadsWhatWasWritten) {
  const Folder folder("round");
  const std::string path = folder.path + "/a";
  std::string bytes(200'000, 'x');
  bytes[70'000] = '\0';
  ASSERT_TRUE(write_file_atomically(path, bytes).has_value());
  EXPECT_EQ(read_file(path).value(), bytes);
  ASSERT_TRUE(write_file_atomically(path, "").has_value());
  EXPECT_EQ(read_file(path).value(), "");
}

TEST(File, AFailedWriteLeavesTheOldFileAndNothingBesideIt) {
  const Folder folder("failed");
  const std::string& place = folder.path;
  ASSERT_TRUE(write_file_atomically(place + "/a", "old").has_value());
  std::filesystem::create_directory(place + "/a.d");
  EXPECT_FALSE(write_file_atomically(place + "/a.d", "new").has_value());
  EXPECT_FALSE(write_file_atomically(place + "/a/b", "new").has_value());  // under a file
  EXPECT_EQ(read_file(place + "/a").value(), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(place), {}), 2);
}

TEST(File, SaysWhyAndWhich) {
  const Folder folder("why");
  const std::string& place = folder.path;
  EXPECT_EQ(read_file(place).error().text(), place + ": is a directory, want a file");
  EXPECT_EQ(read_file(place + "/none").error().text(), place + "/none: cannot be opened");
  EXPECT_EQ(open_file(place + "/none/a", FileUse::append).error().fault, Fault::unavailable);
}

}  // namespace
}  // namespace delever
