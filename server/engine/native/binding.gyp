{
  "variables": {
    "whisper%": "<!(node -p \"require('path').relative('.', require('path').join(require('path').dirname(require.resolve('@fugood/whisper.node/package.json')), 'src/whisper.rn/vendor/whisper.cpp'))\")",
    "cpu_flags%": "<!(node build.mjs --print-flags)"
  },
  "targets": [
    {
      "target_name": "sotto_whisper",
      "include_dirs": [
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "src",
        "<(whisper)/include",
        "<(whisper)/src",
        "<(whisper)/ggml/include",
        "<(whisper)/ggml/src",
        "<(whisper)/ggml/src/ggml-cpu"
      ],
      "sources": [
        "src/addon.cpp",
        "src/model.cpp",
        "src/profile.cpp",
        "src/selftest.cpp",
        "src/words.cpp",
        "src/times.cpp",
        "src/mel.cpp",
        "src/tokenizer.cpp",
        "src/ggml-twins.cpp",
        "src/ggml-core.c",
        "<(whisper)/ggml/src/ggml-alloc.c",
        "<(whisper)/ggml/src/ggml-backend.cpp",
        "<(whisper)/ggml/src/ggml-backend-meta.cpp",
        "<(whisper)/ggml/src/ggml-backend-reg.cpp",
        "<(whisper)/ggml/src/ggml-backend-dl.cpp",
        "<(whisper)/ggml/src/ggml-opt.cpp",
        "<(whisper)/ggml/src/ggml-quants.c",
        "<(whisper)/ggml/src/ggml-threading.cpp",
        "<(whisper)/ggml/src/gguf.cpp",
        "src/ggml-cpu-core.c",
        "<(whisper)/ggml/src/ggml-cpu/binary-ops.cpp",
        "<(whisper)/ggml/src/ggml-cpu/hbm.cpp",
        "<(whisper)/ggml/src/ggml-cpu/iqp.cpp",
        "src/ggml-ops.cpp",
        "<(whisper)/ggml/src/ggml-cpu/quants.c",
        "<(whisper)/ggml/src/ggml-cpu/repack.cpp",
        "<(whisper)/ggml/src/ggml-cpu/traits.cpp",
        "<(whisper)/ggml/src/ggml-cpu/unary-ops.cpp",
        "<(whisper)/ggml/src/ggml-cpu/vec.cpp",
        "<(whisper)/ggml/src/ggml-cpu/amx/amx.cpp",
        "<(whisper)/ggml/src/ggml-cpu/amx/mmq.cpp",
        "src/sgemm.cpp"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_CPP_EXCEPTIONS",
        "NDEBUG",
        "GGML_USE_CPU",
        "GGML_USE_CPU_REPACK",
        "GGML_USE_LLAMAFILE",
        "GGML_SCHED_MAX_COPIES=4",
        "GGML_VERSION=\"sotto\"",
        "GGML_COMMIT=\"sotto\"",
        "WHISPER_VERSION=\"sotto\"",
        "PARAKEET_VERSION=\"sotto\""
      ],
      "conditions": [
        ["target_arch=='x64'", { "sources": ["<(whisper)/ggml/src/ggml-cpu/arch/x86/quants.c", "<(whisper)/ggml/src/ggml-cpu/arch/x86/repack.cpp"] }],
        ["target_arch=='arm64'", { "sources": ["<(whisper)/ggml/src/ggml-cpu/arch/arm/quants.c", "<(whisper)/ggml/src/ggml-cpu/arch/arm/repack.cpp"] }],
        ["OS=='linux'", { "defines": ["_GNU_SOURCE"], "libraries": ["-lpthread"] }],
        ["OS=='mac'", {
          "defines": ["_DARWIN_C_SOURCE"],
          "xcode_settings": {
            "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
            "GCC_ENABLE_CPP_RTTI": "YES",
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "MACOSX_DEPLOYMENT_TARGET": "12.0",
            "GCC_OPTIMIZATION_LEVEL": "3",
            "OTHER_CFLAGS": ["<(cpu_flags)"],
            "WARNING_CFLAGS": ["-w"]
          }
        }]
      ],
      "cflags!": ["-fno-exceptions", "-O2", "-Wall", "-Wextra"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags": ["-O3", "<(cpu_flags)", "-w", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fexceptions"]
    }
  ]
}
