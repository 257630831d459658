#include "thread-team.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto {

// Threads that all have a core wait for each other by looking; one that waits longer sleeps. A thread that only looked
// would use up its time slice while the one it waits for has no core: on two cores beside another process, a decode of
// 0.4 s took 7 s.
class ThreadShare::Barrier {
  public:
    explicit Barrier(int count) : count_(count) {}

    void wait() {
        const uint32_t turn = turn_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
            const std::lock_guard<std::mutex> lock(mutex_);
            arrived_.store(0, std::memory_order_relaxed);
            turn_.fetch_add(1, std::memory_order_release);
            all_here_.notify_all();
            return;
        }
        const auto until = std::chrono::steady_clock::now() + LOOK;
        while (std::chrono::steady_clock::now() < until) {
            for (int i = 0; i < LOOKS; i++) {
                if (turn_.load(std::memory_order_acquire) != turn) return;
            }
        }
        std::unique_lock<std::mutex> lock(mutex_);
        all_here_.wait(lock, [&] { return turn_.load(std::memory_order_acquire) != turn; });
    }

    // Before the first wait: so many threads did not come to be.
    void leave(int missing) { count_ -= missing; }

  private:
    static constexpr auto LOOK = std::chrono::microseconds(50);
    static constexpr int LOOKS = 64;

    int count_;
    std::atomic<int> arrived_{0};
    std::atomic<uint32_t> turn_{0};
    std::mutex mutex_;
    std::condition_variable all_here_;
};

void ThreadShare::wait() const {
    if (count > 1) barrier_->wait();
}

void run_together(int threads, void (*run)(const ThreadShare & share, void * data), void * data) {
    if (threads <= 1) return run(ThreadShare(0, 1, nullptr), data);
    // Threads begin their work once it is known how many there are.
    std::mutex mutex;
    std::condition_variable is_known;
    int count = 0;
    ThreadShare::Barrier barrier(threads);
    std::vector<std::thread> others;
    try {
        for (int index = 1; index < threads; index++) {
            others.emplace_back([&, index] {
                {
                    std::unique_lock<std::mutex> lock(mutex);
                    is_known.wait(lock, [&] { return count > 0; });
                }
                run(ThreadShare(index, count, &barrier), data);
            });
        }
    } catch (const std::exception &) {
        // The system has no more threads, or no memory for one; those that run share the work.
    }
    {
        const std::lock_guard<std::mutex> lock(mutex);
        count = static_cast<int>(others.size()) + 1;
        barrier.leave(threads - count);
    }
    is_known.notify_all();
    run(ThreadShare(0, count, &barrier), data);
    for (std::thread & each : others) each.join();
}

}  // namespace sotto
