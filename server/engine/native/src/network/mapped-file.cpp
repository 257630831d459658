#include "mapped-file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

namespace sotto {

MappedFile::MappedFile(const std::string & path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw std::runtime_error("the file cannot be opened");
    struct stat status;
    const bool is_known = fstat(file, &status) == 0;
    size_ = is_known ? static_cast<size_t>(status.st_size) : 0;
    void * const data = size_ == 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (data == MAP_FAILED) throw std::runtime_error("the file cannot be mapped into memory");
    data_ = static_cast<const char *>(data);
}

MappedFile::~MappedFile() { unmap(); }

void MappedFile::unmap() {
    if (data_ != nullptr) munmap(const_cast<char *>(data_), size_);
    data_ = nullptr;
    size_ = 0;
}

}  // namespace sotto
