{
  "variables": {
    "whisper%": "<!(node -p \"require('path').relative('.', require('path').join(require('path').dirname(require.resolve('@fugood/whisper.node/package.json')), 'src/whisper.rn/vendor/whisper.cpp'))\")",
    "napi%": "<!(node -p \"require('path').relative('.', require('node-addon-api').include_dir)\")",
    "cpu_flags%": "<!(node build.mjs --print-flags)",
    "kernel_sources": [
      "src/kernels/attention.cpp",
      "src/kernels/gelu.cpp",
      "src/kernels/im2col.cpp",
      "src/kernels/matmul.cpp",
      "src/kernels/variant.cpp"
    ]
  },
  "target_defaults": {
    "defines": ["NDEBUG", "GGML_USE_CPU", "GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE"],
    "cflags!": ["-fno-exceptions", "-O2", "-Wno-unused-parameter"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags": ["-O3", "<(cpu_flags)", "-fPIC", "-fvisibility=hidden"],
    "cflags_cc": ["-std=c++17", "-fexceptions"],
    "xcode_settings": {
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "MACOSX_DEPLOYMENT_TARGET": "12.0",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "OTHER_CFLAGS": ["<(cpu_flags)"]
    },
    "conditions": [
      ["OS=='linux'", { "defines": ["_GNU_SOURCE"] }],
      ["OS=='mac'", { "defines": ["_DARWIN_C_SOURCE"] }]
    ]
  },
  "targets": [
    {
      # The library's own sources, as they are.
      "target_name": "ggml",
      "type": "static_library",
      "include_dirs": [
        "<(whisper)/ggml/include",
        "<(whisper)/ggml/src",
        "<(whisper)/ggml/src/ggml-cpu"
      ],
      "sources": [
        "<(whisper)/ggml/src/ggml-alloc.c",
        "<(whisper)/ggml/src/ggml-backend.cpp",
        "<(whisper)/ggml/src/ggml-backend-meta.cpp",
        "<(whisper)/ggml/src/ggml-backend-reg.cpp",
        "<(whisper)/ggml/src/ggml-backend-dl.cpp",
        "<(whisper)/ggml/src/ggml-opt.cpp",
        "<(whisper)/ggml/src/ggml-quants.c",
        "<(whisper)/ggml/src/ggml-threading.cpp",
        "<(whisper)/ggml/src/gguf.cpp",
        "<(whisper)/ggml/src/ggml-cpu/binary-ops.cpp",
        "<(whisper)/ggml/src/ggml-cpu/hbm.cpp",
        "<(whisper)/ggml/src/ggml-cpu/iqp.cpp",
        "<(whisper)/ggml/src/ggml-cpu/quants.c",
        "<(whisper)/ggml/src/ggml-cpu/repack.cpp",
        "<(whisper)/ggml/src/ggml-cpu/traits.cpp",
        "<(whisper)/ggml/src/ggml-cpu/unary-ops.cpp",
        "<(whisper)/ggml/src/ggml-cpu/vec.cpp",
        "<(whisper)/ggml/src/ggml-cpu/amx/amx.cpp",
        "<(whisper)/ggml/src/ggml-cpu/amx/mmq.cpp"
      ],
      "defines": ["GGML_SCHED_MAX_COPIES=4", "GGML_VERSION=\"sotto\"", "GGML_COMMIT=\"sotto\""],
      "cflags": ["-w"],
      "xcode_settings": { "WARNING_CFLAGS": ["-w"] },
      "conditions": [
        ["target_arch=='x64'", { "sources": ["<(whisper)/ggml/src/ggml-cpu/arch/x86/quants.c", "<(whisper)/ggml/src/ggml-cpu/arch/x86/repack.cpp"] }],
        ["target_arch=='arm64'", { "sources": ["<(whisper)/ggml/src/ggml-cpu/arch/arm/quants.c", "<(whisper)/ggml/src/ggml-cpu/arch/arm/repack.cpp"] }]
      ]
    },
    {
      # The only sources of ours that see the library's private ones; as system headers, so that warnings are of ours.
      "target_name": "upstream",
      "type": "static_library",
      "include_dirs": ["src"],
      "sources": [
        "src/upstream/ggml-c.c",
        "src/upstream/ggml-cpp.cpp",
        "src/upstream/operations.cpp",
        "src/upstream/threads.c",
        "src/upstream/upstream.cpp"
      ],
      "defines": ["GGML_SCHED_MAX_COPIES=4", "GGML_VERSION=\"sotto\"", "GGML_COMMIT=\"sotto\"", "WHISPER_VERSION=\"sotto\""],
      "variables": {
        "upstream_includes": [
          "-isystem", "../<(whisper)/include",
          "-isystem", "../<(whisper)/src",
          "-isystem", "../<(whisper)/ggml/include",
          "-isystem", "../<(whisper)/ggml/src",
          "-isystem", "../<(whisper)/ggml/src/ggml-cpu"
        ]
      },
      "cflags": ["-Wall", "-Wextra", "<@(upstream_includes)"],
      "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"], "OTHER_CFLAGS": ["<@(upstream_includes)"] }
    },
    {
      "target_name": "kernels_native",
      "type": "static_library",
      "include_dirs": ["src", "<(whisper)/include", "<(whisper)/ggml/include"],
      "sources": ["<@(kernel_sources)", "src/kernels/select.cpp"],
      "defines": ["SOTTO_VARIANT=kernels_native"],
      "cflags": ["-Wall", "-Wextra"],
      "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"] }
    },
    {
      "target_name": "sotto_whisper",
      "dependencies": ["upstream", "kernels_native", "ggml"],
      "include_dirs": ["src", "<(whisper)/include", "<(whisper)/ggml/include"],
      "sources": [
        "src/addon/addon.cpp",
        "src/addon/diagnostics.cpp",
        "src/decode/alignment.cpp",
        "src/decode/decoding-task.cpp",
        "src/decode/language.cpp",
        "src/decode/library-loop.cpp",
        "src/decode/mel.cpp",
        "src/decode/model.cpp",
        "src/decode/repetition.cpp",
        "src/decode/token-sampler.cpp",
        "src/decode/tokenizer.cpp",
        "src/decode/vocabulary.cpp",
        "src/decode/words.cpp",
        "src/diagnostics/kernel-checks.cpp",
        "src/diagnostics/peaks.cpp",
        "src/diagnostics/profile.cpp"
      ],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_CPP_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-isystem", "../<(napi)"],
      "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"], "OTHER_CFLAGS": ["-isystem", "../<(napi)"] },
      "conditions": [
        ["OS=='linux'", { "libraries": ["-lpthread"] }],
        # The same kernels for the lesser instruction sets of this machine, which tests compare with the library's, too.
        ["target_arch=='x64'", { "dependencies": ["kernels_avx_vnni", "kernels_avx2", "kernels_128_bit"] }]
      ]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx_vnni",
          "type": "static_library",
          "include_dirs": ["src", "<(whisper)/include", "<(whisper)/ggml/include"],
          "sources": ["<@(kernel_sources)"],
          "defines": ["SOTTO_VARIANT=kernels_avx_vnni"],
          "cflags": ["-Wall", "-Wextra", "-mno-avx512f"],
          "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"], "OTHER_CFLAGS": ["-mno-avx512f"] }
        },
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "include_dirs": ["src", "<(whisper)/include", "<(whisper)/ggml/include"],
          "sources": ["<@(kernel_sources)"],
          "defines": ["SOTTO_VARIANT=kernels_avx2"],
          "cflags": ["-Wall", "-Wextra", "-mno-avx512f", "-U__AVXVNNI__"],
          "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"], "OTHER_CFLAGS": ["-mno-avx512f", "-U__AVXVNNI__"] }
        },
        {
          "target_name": "kernels_128_bit",
          "type": "static_library",
          "include_dirs": ["src", "<(whisper)/include", "<(whisper)/ggml/include"],
          "sources": ["<@(kernel_sources)"],
          "defines": ["SOTTO_VARIANT=kernels_128_bit"],
          "cflags": ["-Wall", "-Wextra", "-mno-avx"],
          "xcode_settings": { "WARNING_CFLAGS": ["-Wall", "-Wextra"], "OTHER_CFLAGS": ["-mno-avx"] }
        }
      ]
    }]
  ]
}
