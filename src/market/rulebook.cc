#include "market/rulebook.h"

namespace delever {

Error not_established(const Rulebook& book, std::string_view figure) {
  std::string what = std::string(figure) + " is not established";
  for (const Unknown& unknown : book.not_established) {
    if (unknown.figure == figure) what += ": " + unknown.why;
  }
  return {Fault::no_evidence, std::move(what), book.name()};
}

}  // namespace delever
