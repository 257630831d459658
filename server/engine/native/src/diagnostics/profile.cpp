#include "profile.h"

#include <time.h>

#include "ggml.h"

bool sotto_is_profiled = false;

namespace sotto {

namespace {

// Products of so few tokens have kernels of their own, which read the weights as they lie in memory.
constexpr int64_t FEW_TOKENS = 6;

std::map<std::string, ProfileRow> rows;

ProfileRow & row_of(const ggml_tensor & operation) {
    std::string name = ggml_op_desc(&operation);
    if (operation.op == GGML_OP_MUL_MAT) {
        const int64_t tokens = operation.src[1]->ne[1];
        name += std::string(" ") + ggml_type_name(operation.src[0]->type) +
                (tokens == 1           ? ", 1 token"
                 : tokens < FEW_TOKENS ? ", 2-5 tokens"
                                       : ", many");
    }
    return rows[name];
}

}  // namespace

void begin_profile() {
    rows.clear();
    sotto_is_profiled = true;
}

std::map<std::string, ProfileRow> end_profile() {
    sotto_is_profiled = false;
    return rows;
}

ProfileStep::~ProfileStep() {
    if (start_ == 0) return;
    ProfileRow & row = rows[name_];
    row.calls++;
    row.ms += static_cast<double>(sotto_profile_clock() - start_) / 1e6;
}

}  // namespace sotto

// The processor time of this thread, not the time of day: beside other work the shares are the same.
int64_t sotto_profile_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

void sotto_profile_add(const ggml_tensor * operation, int64_t nanoseconds) {
    sotto::ProfileRow & row = sotto::row_of(*operation);
    row.calls++;
    row.ms += static_cast<double>(nanoseconds) / 1e6;
    const double results = static_cast<double>(ggml_nelements(operation));
    if (operation->op == GGML_OP_MUL_MAT) {
        row.products += results * static_cast<double>(operation->src[0]->ne[0]);
        row.bytes += static_cast<double>(ggml_nbytes(operation->src[0]));
    }
    if (operation->op == GGML_OP_FLASH_ATTN_EXT)
        row.products += 2 * results * static_cast<double>(operation->src[1]->ne[1]);
}
