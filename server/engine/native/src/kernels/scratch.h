// Memory that a thread keeps between operations: an allocation for each would cost more than the small ones take.
#pragma once

#include <cstdlib>
#include <new>

namespace {

template <typename T> class Scratch {
  public:
    ~Scratch() { std::free(data_); }
    // Room for `count` values, not cleared; what was there before is lost. Aligned to 64 bytes.
    T * reserve(size_t count) {
        if (count > count_) {
            std::free(data_);
            count_ = 0;
            const size_t bytes = (count * sizeof(T) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            data_ = static_cast<T *>(std::aligned_alloc(ALIGNMENT, bytes));
            if (data_ == nullptr) throw std::bad_alloc();
            count_ = count;
        }
        return data_;
    }

  private:
    static constexpr size_t ALIGNMENT = 64;

    T * data_ = nullptr;
    size_t count_ = 0;
};

}  // namespace
