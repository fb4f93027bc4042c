#include "dashboard/page_files.h"

#include <array>
#include <filesystem>
#include <utility>

#include "base/file.h"

namespace delever::dashboard {
namespace {

constexpr uint64_t kMost = uint64_t{16} << 20;  // of all files together

std::string_view type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> types{
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".svg", "image/svg+xml"},
       {".png", "image/png"},
       {".json", "application/json"},
       {".txt", "text/plain; charset=utf-8"}}};
  for (const auto& [end, type] : types) {
    if (path.ends_with(end)) return type;
  }
  return "";
}

}  // namespace

Result<PageFiles> PageFiles::load(const std::string& folder) {
  namespace fs = std::filesystem;
  PageFiles out;
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) return out;
  uint64_t bytes = 0;
  for (auto it = fs::recursive_directory_iterator(folder, ec);
       !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
    if (it->is_symlink(ec) || !it->is_regular_file(ec)) continue;
    const std::string path = "/" + fs::relative(it->path(), folder, ec).generic_string();
    const bool packed = path.ends_with(".gz");
    const std::string name = packed ? path.substr(0, path.size() - 3) : path;
    const std::string_view type = type_of(name);
    if (type.empty()) continue;
    std::string text = TRY(read_file(it->path().string()));
    bytes += text.size();
    if (bytes > kMost) return Error{Fault::out_of_range, "holds more than 16 MB", folder};
    PageFile& file = out.files_[name];
    (packed ? file.packed : file.body) = std::move(text);
    file.type = type;
    file.for_ever = name.starts_with("/assets/");
  }
  if (ec) return Error{Fault::unavailable, ec.message(), folder};
  std::erase_if(out.files_, [](const auto& one) { return one.second.body.empty(); });
  return out;
}

const PageFile* PageFiles::find(std::string_view path) const {
  const auto found = files_.find(path == "/" ? std::string_view("/index.html") : path);
  return found == files_.end() ? nullptr : &found->second;
}

std::string_view missing_page() {
  return R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>delever</title>
<body><main><h1>The page is not built</h1>
<p>Its sources are in <code>web/</code>. <code>make page</code> builds it (Node.js and the npm
registry are needed once); then start <code>delever serve</code> again.</p>
<p>The API needs no page: <a href="/api/v1/status">status</a>,
<a href="/api/v1/readings">readings</a>, <a href="/api/v1/openapi.json">its description</a>,
<a href="/metrics">metrics</a>.</p></main></body></html>
)";
}

}  // namespace delever::dashboard
