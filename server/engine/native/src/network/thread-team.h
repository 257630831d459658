// Threads that compute one step together.
#pragma once

#include <atomic>
#include <cstdint>

namespace sotto {

// One thread's part of what `count` threads compute.
class ThreadShare {
  public:
    class Barrier;
    ThreadShare(int index, int count, Barrier * barrier) : index(index), count(count), barrier_(barrier) {}

    const int index;
    const int count;

    int begin(int total, int multiple = 1) const { return boundary(index, total, multiple); }
    int end(int total, int multiple = 1) const { return boundary(index + 1, total, multiple); }
    // Waits until every thread of the team is here.
    void wait() const;

  private:
    // Of equal parts that begin at multiples of `multiple`.
    int boundary(int part, int total, int multiple) const {
        const int64_t units = (total + multiple - 1) / multiple;
        const int64_t at = units * part / count * multiple;
        return static_cast<int>(at < total ? at : total);
    }

    Barrier * barrier_;
};

// Calls run(share, data) on `threads` threads, this one among them, and returns when all have. Fewer run when the
// system has no more threads. `run` must not throw.
void run_together(int threads, void (*run)(const ThreadShare & share, void * data), void * data);

// The same for a callable.
template <typename Run> void run_on_threads(int threads, Run run) {
    run_together(threads, [](const ThreadShare & share, void * data) { (*static_cast<Run *>(data))(share); }, &run);
}

}  // namespace sotto
