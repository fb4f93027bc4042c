// The files of the page, read once: what is handed out is what was there at the start, and a path
// is looked up in a table, so that no path reaches the disk.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace delever::dashboard {

struct PageFile {
  std::string type, body;
  std::string packed;     // gzip; empty: there is none
  bool for_ever = false;  // its name has a digest of its bytes
};

class PageFiles {
 public:
  // Of a folder that Vite has filled; a folder that is not there gives none.
  static Result<PageFiles> load(const std::string& folder);
  const PageFile* find(std::string_view path) const;  // "/" is "/index.html"
  bool empty() const { return files_.empty(); }

 private:
  std::map<std::string, PageFile, std::less<>> files_;
};

// Where there is no page: how to have one, as HTML.
std::string_view missing_page();

}  // namespace delever::dashboard
