#include "profile.h"

#include <time.h>

#include <atomic>

namespace sotto {

namespace {

std::atomic<bool> is_profiled{false};
std::map<std::string, ProfileRow> rows;

}  // namespace

void begin_profile() {
    rows.clear();
    is_profiled = true;
}

std::map<std::string, ProfileRow> end_profile() {
    is_profiled = false;
    return rows;
}

// The processor time of this thread, not the time of day: beside other work the shares are the same.
int64_t profile_clock() {
    if (!is_profiled.load(std::memory_order_relaxed)) return 0;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

ProfileStep::~ProfileStep() {
    if (start_ == 0) return;
    ProfileRow & row = rows[name_];
    row.calls++;
    row.ms += static_cast<double>(profile_clock() - start_) / 1e6;
    row.products += products_;
    row.bytes += bytes_;
}

}  // namespace sotto
