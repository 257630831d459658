// A file as read-only memory. Its pages are read when they are touched, and shared by every process that maps them.
#pragma once

#include <cstddef>
#include <string>

namespace sotto {

class MappedFile {
  public:
    // Throws std::runtime_error when the file cannot be opened or is empty.
    explicit MappedFile(const std::string & path);
    ~MappedFile();
    MappedFile(const MappedFile &) = delete;
    MappedFile & operator=(const MappedFile &) = delete;

    const char * data() const { return data_; }
    size_t size() const { return size_; }
    // Nothing of it can be read any more.
    void unmap();

  private:
    size_t size_ = 0;
    const char * data_ = nullptr;
};

}  // namespace sotto
