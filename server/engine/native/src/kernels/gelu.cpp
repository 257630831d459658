// The activation of Whisper's layers, which the library looks up in a table, one value after the other. Here its vector
// exponential computes it: x * sigmoid(2u) with u = sqrt(2/pi) * x * (1 + 0.044715 x^2).
#include <algorithm>

#include "variant.h"

namespace sotto::SOTTO_VARIANT {

void gelu(int count, float * out, const float * in) {
    constexpr float SCALE = 2 * 0.79788456080286535588f;
    constexpr int PIECE = 256;
    float inner[PIECE];
    float silu[PIECE];
    for (int from = 0; from < count; from += PIECE) {
        const float * const x = in + from;
        const int size = std::min(PIECE, count - from);
        for (int i = 0; i < size; i++) inner[i] = SCALE * x[i] * (1.0f + 0.044715f * x[i] * x[i]);
        upstream::silu(size, silu, inner);
        for (int i = 0; i < size; i++) out[from + i] = silu[i] / (SCALE * (1.0f + 0.044715f * x[i] * x[i]));
    }
}

}  // namespace sotto::SOTTO_VARIANT
