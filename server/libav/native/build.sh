#!/bin/sh
# Builds libav.wasm from FFmpeg's sources and reader.c. Nothing runs this but people who change it: the result is in the repository.
# Usage: server/libav/native/build.sh FFMPEG_SOURCES ZIG [FOLDER]
#   FFMPEG_SOURCES  unpacked sources of FFmpeg 7.1.5, unchanged (`apt-get source ffmpeg` on Debian 13, or ffmpeg.org)
#   ZIG             Zig 0.17.1, whose C compiler knows wasm32-wasi (`pip install ziglang`)
#   FOLDER          for what is built on the way; default build/libav in the repository
# Only what LGPL-2.1-or-later covers: no --enable-gpl, no --enable-nonfree, no external library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$1" && pwd)
zig=$2
out=${3:-$here/../../../build/libav}
mkdir -p "$out"
cd "$out"

target='-target wasm32-wasi -mcpu=generic+simd128+bulk_memory+nontrapping_fptoint+sign_ext'
printf '#!/bin/sh\nexec %s cc %s "$@"\n' "$zig" "$target" > cc
printf '#!/bin/sh\nexec %s ar "$@"\n' "$zig" > ar
printf '#!/bin/sh\nexec %s ranlib "$@"\n' "$zig" > ranlib
chmod +x cc ar ranlib

demuxers='aac ac3 aiff amr ape asf au avi caf dsf dts dtshd eac3 flac flv gsm iff ircam loas matroska mov mp3
  mpc mpc8 mpegps mpegts nistsphere ogg qcp rm shorten sox swf tak truehd tta voc w64 wav wsd wv xwma'
decoders='aac aac_latm ac3 adpcm_4xm adpcm_g722 adpcm_g726 adpcm_g726le adpcm_ima_oki adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_swf
  adpcm_yamaha alac als amrnb amrwb ape atrac1 atrac3 atrac3p cook dca dsd_lsbf dsd_lsbf_planar dsd_msbf dsd_msbf_planar eac3 flac
  g723_1 g729 gsm gsm_ms ilbc mace3 mace6 mlp mp1float mp2float mp3float mpc7 mpc8 nellymoser opus pcm_alaw pcm_bluray pcm_dvd
  pcm_f16le pcm_f24le pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be
  pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s8 pcm_s8_planar pcm_u16be pcm_u16le pcm_u24be pcm_u24le
  pcm_u32be pcm_u32le pcm_u8 qcelp qdm2 ra_144 ra_288 ralf shorten sipr speex tak truehd truespeech tta vorbis wavpack wmalossless
  wmapro wmav1 wmav2 wmavoice'
parsers='aac aac_latm ac3 amr dca flac g723_1 g729 gsm mlp mpegaudio opus sipr tak vorbis'
list() { for name in $2; do printf ' --enable-%s=%s' "$1" "$name"; done; }

# Always: a folder of an earlier build may have other lists, or other sources.
"$sources/configure" --cc=./cc --ar=./ar --ranlib=./ranlib --nm=true --enable-cross-compile --target-os=none --arch=wasm32 \
  --disable-everything --disable-autodetect --disable-asm --disable-network --disable-programs --disable-doc --disable-debug --disable-iamf \
  --disable-pthreads --disable-avdevice --disable-avfilter --disable-swscale --disable-postproc --enable-swresample \
  --extra-cflags='-O3 -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_GETPID' \
  $(list demuxer "$demuxers") $(list decoder "$decoders") $(list parser "$parsers")
# WASI has the function's name, and no such thing.
sed 's/#define HAVE_MMAP 1/#define HAVE_MMAP 0/' config.h > config.h.new
mv config.h.new config.h
make -j"${JOBS:-1}" libavformat/libavformat.a libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a
./cc -O3 -I. -I"$sources" -mexec-model=reactor "$here/reader.c" -o "$here/../libav.wasm" \
  libavformat/libavformat.a libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a \
  -lwasi-emulated-signal -lwasi-emulated-process-clocks -lwasi-emulated-getpid \
  -Wl,--max-memory=268435456 -Wl,-z,stack-size=1048576 -Wl,--strip-all -Wl,--gc-sections
ls -l "$here/../libav.wasm"
