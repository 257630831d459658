// Memory of pages that exist once they are written to, aligned to them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace sotto {

// Parts of one piece of memory begin at cache lines.
constexpr size_t align(size_t bytes) { return (bytes + 63) / 64 * 64; }

class AlignedMemory {
  public:
    // Zeroed. Throws std::bad_alloc.
    explicit AlignedMemory(size_t bytes)
        : size_(bytes), data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (data_ == MAP_FAILED) throw std::bad_alloc();
    }
    ~AlignedMemory() { munmap(data_, size_); }
    AlignedMemory(const AlignedMemory &) = delete;
    AlignedMemory & operator=(const AlignedMemory &) = delete;

    char * data() const { return static_cast<char *>(data_); }
    size_t size() const { return size_; }

  private:
    size_t size_;
    void * data_;
};

}  // namespace sotto
