// Time by operation of the network, while a profile is taken. One decode on one thread at a time: counts are not
// guarded.
#pragma once

#include <map>
#include <string>

#include "upstream/c-hooks.h"

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

// Times a step of our own, while a profile is taken.
class ProfileStep {
  public:
    explicit ProfileStep(const char * name) : name_(name), start_(sotto_is_profiled ? sotto_profile_clock() : 0) {}
    ~ProfileStep();
    ProfileStep(const ProfileStep &) = delete;
    ProfileStep & operator=(const ProfileStep &) = delete;

  private:
    const char * name_;
    int64_t start_;
};

}  // namespace sotto
