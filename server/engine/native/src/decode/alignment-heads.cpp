#include "alignment-heads.h"

#include <algorithm>

namespace sotto {

namespace {

// {layer, head}, as published with Whisper.
const std::vector<AlignmentHead> TINY_EN = {{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}};
const std::vector<AlignmentHead> TINY = {{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}};
const std::vector<AlignmentHead> BASE_EN = {{3, 3}, {4, 7}, {5, 1}, {5, 5}, {5, 7}};
const std::vector<AlignmentHead> BASE = {{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}};
const std::vector<AlignmentHead> SMALL_EN = {{6, 6},  {7, 0},  {7, 3},   {7, 8},  {8, 2},  {8, 5},  {8, 7},
                                             {9, 0},  {9, 4},  {9, 8},   {9, 10}, {10, 0}, {10, 1}, {10, 2},
                                             {10, 3}, {10, 6}, {10, 11}, {11, 2}, {11, 4}};
const std::vector<AlignmentHead> SMALL = {{5, 3}, {5, 9}, {8, 0}, {8, 4}, {8, 7},
                                          {8, 8}, {9, 0}, {9, 7}, {9, 9}, {10, 5}};
const std::vector<AlignmentHead> MEDIUM_EN = {{11, 4},  {14, 1}, {14, 12}, {14, 14}, {15, 4},  {16, 0},
                                              {16, 4},  {16, 9}, {17, 12}, {17, 14}, {18, 7},  {18, 10},
                                              {18, 15}, {20, 0}, {20, 3},  {20, 9},  {20, 14}, {21, 12}};
const std::vector<AlignmentHead> MEDIUM = {{13, 15}, {15, 4}, {15, 15}, {16, 1}, {20, 0}, {23, 4}};
const std::vector<AlignmentHead> LARGE_V2 = {{10, 12}, {13, 17}, {16, 11}, {16, 12}, {16, 13}, {17, 15},
                                             {17, 16}, {18, 4},  {18, 11}, {18, 19}, {19, 11}, {21, 2},
                                             {21, 3},  {22, 3},  {22, 9},  {22, 12}, {23, 5},  {23, 7},
                                             {23, 13}, {25, 5},  {26, 1},  {26, 12}, {27, 15}};
const std::vector<AlignmentHead> LARGE_V3 = {{7, 0},   {10, 17}, {12, 18}, {13, 12}, {16, 1},
                                             {17, 14}, {19, 11}, {21, 4},  {24, 1},  {25, 6}};
const std::vector<AlignmentHead> LARGE_V3_TURBO = {{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}};

// Measured on the synthetic recordings, whose word times are exact; see README.md.
constexpr double TINY_EN_LAG_MS = 90;
constexpr double BASE_LAG_MS = -40;

AlignmentHeads publish(const std::vector<AlignmentHead> & heads, double lag_ms = 0) { return {heads, true, lag_ms}; }

}  // namespace

AlignmentHeads find_alignment_heads(const ModelDimensions & d) {
    const bool is_multilingual = d.is_multilingual();
    const auto is_shape = [&](int layers, int width) { return d.text_layers == layers && d.text_width == width; };
    if (is_shape(4, 384)) return is_multilingual ? publish(TINY) : publish(TINY_EN, TINY_EN_LAG_MS);
    if (is_shape(4, 1280)) return publish(LARGE_V3_TURBO);
    if (is_shape(6, 512)) return is_multilingual ? publish(BASE, BASE_LAG_MS) : publish(BASE_EN);
    if (is_shape(12, 768)) return publish(is_multilingual ? SMALL : SMALL_EN);
    if (is_shape(24, 1024)) return publish(is_multilingual ? MEDIUM : MEDIUM_EN);
    if (is_shape(32, 1280)) return publish(d.mel_bands == 128 ? LARGE_V3 : LARGE_V2);
    AlignmentHeads all;
    for (int layer = d.text_layers - std::max(1, d.text_layers / 2); layer < d.text_layers; layer++) {
        for (int head = 0; head < d.text_heads; head++) all.heads.push_back({layer, head});
    }
    return all;
}

}  // namespace sotto
