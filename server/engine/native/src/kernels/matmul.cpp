// Matrix products, in which most of an encoding and nearly all of a token's time goes.
#include "instructions.h"
#include "variant.h"

#if defined(SOTTO_AVX512_PRODUCTS)
#include "gemv-avx512.h"
#elif defined(SOTTO_AVX2_PRODUCTS)
#include "gemv-avx2.h"
#endif

#if defined(SOTTO_PRODUCTS)
namespace sotto::SOTTO_VARIANT {

int64_t multiply_q8(const ThreadShare & share, const Q8Product & p) {
    if (p.columns < 1 || p.rows < Packing::ROWS) return 0;
    if (p.columns <= GEMV_COLUMNS_MAX) {
        MULTIPLY_COLUMNS[p.columns](p, share.begin(p.rows), share.end(p.rows));
        return p.rows;
    }
    const int64_t panels = p.rows / Packing::ROWS;
    multiply_panels<Packing>(share, p, share.begin(panels), share.end(panels));
    return panels * Packing::ROWS;
}

void multiply_f16(const ThreadShare & share, const F16Product & p) {
    multiply_halves(p, share.begin(p.rows), share.end(p.rows));
}

}  // namespace sotto::SOTTO_VARIANT
#endif
