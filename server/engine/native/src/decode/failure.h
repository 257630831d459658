// Why a model could not be loaded or a decode failed.
#pragma once

#include <string>

namespace sotto {

// JavaScript receives these as the `code` of an error and decides by them; the problem is for people only. `binding.ts`
// holds the same list.
namespace failure_code {
inline constexpr const char * CORRUPT = "model.corrupt";  // the file is no model, or its weights compute no numbers
inline constexpr const char * CLOSED = "model.closed";
inline constexpr const char * MEMORY = "memory.exhausted";
inline constexpr const char * DECODE = "decode.failed";
}  // namespace failure_code

struct Failure {
    const char * code;
    std::string problem;

    static Failure out_of_memory() { return {failure_code::MEMORY, "there is not enough memory"}; }
};

}  // namespace sotto
