#include "reports/build_id.h"

#include <fmt/format.h>
#include <link.h>

#include <cstring>

namespace delever::reports {

std::string build_id() {
  std::string id;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_NOTE) continue;
          const auto* at = reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr);
          const char* const end = at + segment.p_memsz;
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) note;
            std::memcpy(&note, at, sizeof note);
            const char* const name = at + sizeof note;
            const char* const bytes = name + (note.n_namesz + 3) / 4 * 4;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                std::memcmp(name, "GNU", 4) == 0) {
              for (size_t b = 0; b < note.n_descsz; ++b)
                *static_cast<std::string*>(out) +=
                    fmt::format("{:02x}", static_cast<unsigned char>(bytes[b]));
            }
            at = bytes + (note.n_descsz + 3) / 4 * 4;
          }
        }
        return 1;  // the program itself comes first; its libraries do not count
      },
      &id);
  return id.empty() ? "0.1.0" : id;
}

}  // namespace delever::reports
