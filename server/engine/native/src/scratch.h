// Memory that a thread keeps between operations: an allocation for each would cost more than the small ones take.
#pragma once

#include <cstdlib>
#include <new>

namespace {

template <typename T> class Scratch {
  public:
    ~Scratch() { std::free(data_); }
    // Room for `count`, not cleared; what was there before is lost.
    T * of(size_t count) {
        if (count > count_) {
            std::free(data_);
            count_ = 0;
            data_ = static_cast<T *>(
                std::aligned_alloc(ALIGNMENT, (count * sizeof(T) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT));
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
