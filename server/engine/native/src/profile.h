// Time by operation of the network, while a profile is taken. One decode on one thread at a time: counts are not
// guarded.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ggml_tensor;

#ifdef __cplusplus
extern "C" {
#endif
extern bool sotto_is_profiled;
int64_t sotto_profile_clock(void);
void sotto_profile_add(const struct ggml_tensor * operation, int64_t nanoseconds);
#ifdef __cplusplus
}

#include <map>
#include <string>

namespace sotto {

struct ProfileRow {
    int64_t calls = 0;
    double ms = 0;
    double products = 0;  // multiplications and additions; 0 for what is no product
    double bytes = 0;     // of weights, keys or values that were read
};

void begin_profile();
// Rows since begin_profile, by name; ends the profile.
std::map<std::string, ProfileRow> end_profile();

// Time of a step of our own.
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
#endif
