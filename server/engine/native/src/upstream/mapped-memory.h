// Zeroed memory of which only the pages that are written to exist.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace sotto {

class MappedMemory {
  public:
    // Throws std::bad_alloc.
    explicit MappedMemory(size_t bytes)
        : bytes_(bytes), data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (data_ == MAP_FAILED) throw std::bad_alloc();
    }
    ~MappedMemory() { munmap(data_, bytes_); }
    MappedMemory(const MappedMemory &) = delete;
    MappedMemory & operator=(const MappedMemory &) = delete;

    char * data() const { return static_cast<char *>(data_); }

  private:
    size_t bytes_;
    void * data_;
};

}  // namespace sotto
