// Time by operation of the network, while a profile is taken. One decode on one thread at a time: counts are not
// guarded.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sotto {

struct ProfileRow {
    int64_t calls = 0;
    double ms = 0;        // of processor time
    double products = 0;  // multiplications and additions; 0 for what is no product
    double bytes = 0;     // of weights, keys or values that were read
};

void begin_profile();
// Rows since begin_profile, by name; ends the profile.
std::map<std::string, ProfileRow> end_profile();

// Nanoseconds of this thread's processor time while a profile is taken, else 0.
int64_t profile_clock();

// Times a step, while a profile is taken.
class ProfileStep {
  public:
    // Only the first thread of a step is timed. `products` and `bytes` are what it computes and reads.
    explicit ProfileStep(const char * name, int thread = 0, double products = 0, double bytes = 0)
        : name_(name), start_(thread == 0 ? profile_clock() : 0), products_(products), bytes_(bytes) {}
    ~ProfileStep();
    ProfileStep(const ProfileStep &) = delete;
    ProfileStep & operator=(const ProfileStep &) = delete;

  private:
    const char * name_;
    int64_t start_;
    double products_;
    double bytes_;
};

}  // namespace sotto
