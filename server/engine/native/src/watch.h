// Between a decode and whoever waits for it: whether it has been given up, and that it goes on.
#pragma once

#include <atomic>
#include <cstdint>

namespace sotto {

class Watch {
  public:
    void give_up() { given_up_.store(true, std::memory_order_relaxed); }

    // Asked many times a second by every decode that goes on: between operations, and within the long ones.
    bool given_up() const {
        steps_.fetch_add(1, std::memory_order_relaxed);
        return given_up_.load(std::memory_order_relaxed);
    }

    uint32_t steps() const { return steps_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> given_up_{false};
    mutable std::atomic<uint32_t> steps_{0};
};

}  // namespace sotto
