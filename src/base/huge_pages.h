// An allocator for arrays of many megabytes that are read at random places: asks the system for 2
// MiB pages, without which most such reads miss the address cache too (a watch price moved 1.8
// times as fast in an index of ten million).
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace delever {

template <class T>
struct HugePages {
  using value_type = T;
  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>&) {}

  static constexpr size_t kPage = size_t{2} << 20;
  T* allocate(size_t n) {
    const size_t bytes = n * sizeof(T);
    if (bytes < 2 * kPage) return static_cast<T*>(::operator new(bytes));
    const size_t whole = (bytes + kPage - 1) / kPage * kPage;
    void* at = ::operator new (whole, std::align_val_t{kPage});
#if defined(__linux__)
    (void)madvise(at, whole, MADV_HUGEPAGE);  // advice: without it all works, slower
#endif
    return static_cast<T*>(at);
  }
  void deallocate(T* at, size_t n) {
    if (n * sizeof(T) < 2 * kPage) return ::operator delete(at);
    ::operator delete (at, std::align_val_t{kPage});
  }
  friend bool operator==(HugePages, HugePages) { return true; }
};

}  // namespace delever
