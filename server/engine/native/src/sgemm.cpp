// Products of quantised matrices, in which most of an encoding goes. The library works on 256 bits of a row at a time
// and spends more instructions on scales and signs than on products. On processors with AVX-512 VNNI sixteen rows of
// weights are laid side by side instead, so that one instruction multiplies 64 bytes, which is several times as fast;
// on those with AVX2 sixteen rows of 16 bits, so that scales and loads are shared. Everything else goes to the
// library's function, which is part of this unit under another name.
#define llamafile_sgemm library_sgemm
#include "llamafile/sgemm.cpp"
#undef llamafile_sgemm

#include "kernels.h"
#include "products-avx2-few.h"
#include "products-avx2.h"
#include "products-few.h"
#include "products.h"

bool sotto_only_library = false;

const char * sotto_kernels(void) {
#if defined(SOTTO_WIDE_PRODUCTS)
    return "AVX-512 VNNI";
#elif defined(SOTTO_AVX2_PRODUCTS) && defined(__AVXVNNI__)
    return "AVX-VNNI";
#elif defined(SOTTO_AVX2_PRODUCTS)
    return "AVX2";
#else
    return nullptr;
#endif
}

// m rows of weights, n columns of activations, k blocks of 32 values each; strides in blocks and in floats.
extern "C" bool llamafile_sgemm(const struct ggml_compute_params * params, int64_t m, int64_t n, int64_t k,
                                const void * A, int64_t lda, const void * B, int64_t ldb, void * C, int64_t ldc,
                                int Atype, int Btype, int Ctype) {
    if (sotto_only_library) return library_sgemm(params, m, n, k, A, lda, B, ldb, C, ldc, Atype, Btype, Ctype);
#if defined(SOTTO_WIDE_PRODUCTS) || defined(SOTTO_AVX2_PRODUCTS)
    const int64_t from = m * params->ith / params->nth;
    const int64_t to = m * (params->ith + 1) / params->nth;
    if (Atype == GGML_TYPE_F16 && Btype == GGML_TYPE_F16 && Ctype == GGML_TYPE_F32 && n == 1) {
        multiply_halves(static_cast<const ggml_fp16_t *>(A), lda, static_cast<const ggml_fp16_t *>(B), from, to, k,
                        static_cast<float *>(C));
        return true;
    }
    if (Atype == GGML_TYPE_Q8_0 && Btype == GGML_TYPE_Q8_0 && Ctype == GGML_TYPE_F32 && n > 0 && m >= ROWS) {
        const Product product = {params, static_cast<const block_q8_0 *>(A),
                                 lda,    static_cast<const block_q8_0 *>(B),
                                 ldb,    static_cast<float *>(C),
                                 ldc,    static_cast<int>(k)};
        if (n < COLUMNS_MIN) {
            MULTIPLY_FEW[n](product, from, to);
            return true;
        }
        const int64_t panels = m / ROWS;
        multiply_panels(product, panels * params->ith / params->nth, panels * (params->ith + 1) / params->nth, n);
        const int64_t done = panels * ROWS;
        if (done == m) return true;
        return library_sgemm(params, m - done, n, k, product.rows + done * lda, lda, B, ldb, product.out + done, ldc,
                             Atype, Btype, Ctype);
    }
#endif
    return library_sgemm(params, m, n, k, A, lda, B, ldb, C, ldc, Atype, Btype, Ctype);
}
