#include "base/program_home.h"

#include <fmt/format.h>
#include <link.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/source_root.h"

namespace delever {
namespace {

struct Object {
  std::string file, build_id;
  bool library = false;
};

bool holds(const dl_phdr_info& info, uintptr_t address) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto& segment = info.dlpi_phdr[i];
    const uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= begin && address - begin < segment.p_memsz)
      return true;
  }
  return false;
}

std::string build_id_of(const dl_phdr_info& info) {
  std::string id;
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto& segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* at = reinterpret_cast<const char*>(info.dlpi_addr + segment.p_vaddr);
    const char* const end = at + segment.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const char* const name = at + sizeof note;
      const char* const bytes = name + (note.n_namesz + 3) / 4 * 4;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        for (size_t b = 0; b < note.n_descsz; ++b)
          id += fmt::format("{:02x}", static_cast<unsigned char>(bytes[b]));
      }
      at = bytes + (note.n_descsz + 3) / 4 * 4;
    }
  }
  return id;
}

// The program itself has no name in the list of objects.
const Object& this_object() {
  static const Object object = [] {
    Object found;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* out) {
          if (!holds(*info, reinterpret_cast<uintptr_t>(&build_id_of))) return 0;
          auto& o = *static_cast<Object*>(out);
          o.library = info->dlpi_name && *info->dlpi_name;
          if (o.library) o.file = info->dlpi_name;
          o.build_id = build_id_of(*info);
          return 1;
        },
        &found);
    std::error_code ec;
    const auto real = found.library ? std::filesystem::canonical(found.file, ec)
                                    : std::filesystem::read_symlink("/proc/self/exe", ec);
    if (!ec) found.file = real.string();
    return found;
  }();
  return object;
}

}  // namespace

std::string program_file() { return this_object().file; }

std::string program_build_id() { return this_object().build_id; }

std::string program_home() {
  if (const char* home = std::getenv("DELEVER_HOME"); home && *home) return home;
  std::filesystem::path folder = std::filesystem::path(program_file()).parent_path();
  for (int above = this_object().library ? 4 : 1; above >= 0; --above) {
    const std::filesystem::path share = folder / "share" / "delever";
    std::error_code ec;
    if (std::filesystem::is_directory(share / "rules", ec)) return share.string();
    folder = folder.parent_path();
  }
  return source_root();
}

}  // namespace delever
