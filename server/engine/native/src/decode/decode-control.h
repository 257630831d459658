// What a decode shares with its caller: the request to abort, and a count that shows that it goes on.
#pragma once

#include <atomic>
#include <cstdint>

namespace sotto {

class DecodeControl {
  public:
    void request_abort() { is_aborted_.store(true, std::memory_order_relaxed); }

    // Asked many times a second by every running decode, between operations and within the long ones. Counts each call.
    bool is_aborted() const {
        steps_.fetch_add(1, std::memory_order_relaxed);
        return is_aborted_.load(std::memory_order_relaxed);
    }

    uint32_t steps() const { return steps_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> is_aborted_{false};
    mutable std::atomic<uint32_t> steps_{0};
};

}  // namespace sotto
