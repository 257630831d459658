// Decodes one recording: libavformat finds its sound track, libavcodec decodes it, and libswresample brings every piece to planar
// 32-bit floats at one rate. The bytes come from two functions of the host. A module holds one recording, and the host makes a
// new one for the next, so nothing of one recording is left for another.
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#define HOST(name) __attribute__((import_module("host"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

// Bytes read; 0 at the end.
HOST(read) int host_read(uint8_t *into, int bytes);
// The new position, or the size for AVSEEK_SIZE; negative when it is not known or cannot be reached.
HOST(seek) double host_seek(double offset, int whence);

enum { IO_BYTES = 32768, CHANNELS_MAX = 64, RATE_MIN = 8000, RATE_MAX = 48000, RATE_LEAST = 1000, RATE_MOST = 768000 };
// A longer packet is no packet.
static const double GAP_SECONDS_MAX = 0.2;
// Reasons of our own, beside those of libav (negative as these).
enum { NO_SOUND_TRACK = -1, NO_DECODER = -2, TOO_MANY_CHANNELS = -3, IMPOSSIBLE_RATE = -4, NO_MEMORY = -5, UNKNOWN_FORMAT = -6, BROKEN = -7 };

static AVFormatContext *format;
static AVCodecContext *codec;
static AVPacket *packet;
static AVFrame *frame;
static SwrContext *converter;
static int track = -1;
static unsigned tracks_at_start;
static int is_ended;
static int is_flushed;
static int damaged_packets;
static const char *codec_name = "";
// Of a packet that could not be decoded: sound that has to be replaced, seconds.
static double missing;

static uint8_t **planes;
static int planes_channels;
static int planes_capacity;
static int samples;
static int out_rate;

// What the converter was made for.
static int in_rate;
static enum AVSampleFormat in_format;
static AVChannelLayout in_layout;

static int read_bytes(void *context, uint8_t *into, int bytes) {
  (void)context;
  int count = host_read(into, bytes);
  return count > 0 ? count : AVERROR_EOF;
}

static int64_t seek_to(void *context, int64_t offset, int whence) {
  (void)context;
  double position = host_seek((double)offset, whence & ~AVSEEK_FORCE);
  return position < 0 ? AVERROR(EIO) : (int64_t)position;
}

static int to_reason(int error) {
  if (error == AVERROR(ENOMEM)) return NO_MEMORY;
  return error == AVERROR_INVALIDDATA || error == AVERROR_EOF ? UNKNOWN_FORMAT : BROKEN;
}

static int open_codec(const AVCodecParameters *parameters, AVRational time_base) {
  const AVCodec *found = avcodec_find_decoder(parameters->codec_id);
  codec_name = avcodec_get_name(parameters->codec_id);
  if (found == NULL) return NO_DECODER;
  avcodec_free_context(&codec);
  codec = avcodec_alloc_context3(found);
  if (codec == NULL || avcodec_parameters_to_context(codec, parameters) < 0) return NO_MEMORY;
  codec->pkt_timebase = time_base;
  int error = avcodec_open2(codec, found, NULL);
  return error < 0 ? to_reason(error) : 0;
}

static int is_decodable(const AVStream *stream) {
  return stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && avcodec_find_decoder(stream->codecpar->codec_id) != NULL;
}

static int is_sound(const AVStream *stream) { return stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO; }

// The default track if it can be decoded, otherwise the first that can.
static int find_track(void) {
  int first = -1;
  for (unsigned i = 0; i < format->nb_streams; i++) {
    if (!is_decodable(format->streams[i])) continue;
    if (format->streams[i]->disposition & AV_DISPOSITION_DEFAULT) return (int)i;
    if (first < 0) first = (int)i;
  }
  return first;
}

static int select_track(int index) {
  track = index;
  for (unsigned i = 0; i < format->nb_streams; i++)
    format->streams[i]->discard = (int)i == track ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  return open_codec(format->streams[track]->codecpar, format->streams[track]->time_base);
}

EXPORT(open_packets) int open_packets(int rate, int channels) {
  packet = av_packet_alloc();
  frame = av_frame_alloc();
  AVCodecParameters *parameters = avcodec_parameters_alloc();
  if (packet == NULL || frame == NULL || parameters == NULL) return NO_MEMORY;
  parameters->codec_type = AVMEDIA_TYPE_AUDIO;
  parameters->codec_id = AV_CODEC_ID_OPUS;
  parameters->sample_rate = rate;
  av_channel_layout_default(&parameters->ch_layout, channels);
  int error = open_codec(parameters, (AVRational){1, 48000});
  avcodec_parameters_free(&parameters);
  return error;
}

// @param name Of the demuxer, or empty to find it by what the bytes look like.
EXPORT(open_file) int open_file(const char *name, int is_seekable) {
  av_log_set_level(AV_LOG_QUIET);
  packet = av_packet_alloc();
  frame = av_frame_alloc();
  uint8_t *buffer = av_malloc(IO_BYTES);
  AVIOContext *io = buffer == NULL ? NULL : avio_alloc_context(buffer, IO_BYTES, 0, NULL, read_bytes, NULL, is_seekable ? seek_to : NULL);
  format = avformat_alloc_context();
  if (packet == NULL || frame == NULL || io == NULL || format == NULL) return NO_MEMORY;
  io->seekable = is_seekable ? AVIO_SEEKABLE_NORMAL : 0;
  format->pb = io;
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  // A live stream that is no sound shall be an error soon.
  format->format_probesize = is_seekable ? 1 << 20 : 1 << 16;
  format->probesize = 1 << 20;
  int error = avformat_open_input(&format, NULL, *name == 0 ? NULL : av_find_input_format(name), NULL);
  if (error < 0) return to_reason(error);
  int index = find_track();
  // Some formats say what they hold only packet by packet. Reading ahead would delay live sound, so it is the second choice.
  if (index < 0) {
    avformat_find_stream_info(format, NULL);
    index = find_track();
  }
  tracks_at_start = format->nb_streams;
  if (index >= 0) return select_track(index);
  for (unsigned i = 0; i < format->nb_streams; i++) {
    if (!is_sound(format->streams[i])) continue;
    codec_name = avcodec_get_name(format->streams[i]->codecpar->codec_id);
    return NO_DECODER;
  }
  return NO_SOUND_TRACK;
}

static int make_room(int channels, int count) {
  if (channels == planes_channels && count <= planes_capacity) return 0;
  if (planes != NULL) av_freep(&planes[0]);
  av_freep(&planes);
  planes_channels = planes_capacity = 0;
  int linesize;
  if (av_samples_alloc_array_and_samples(&planes, &linesize, channels, count, AV_SAMPLE_FMT_FLTP, 0) < 0) return NO_MEMORY;
  planes_channels = channels;
  planes_capacity = count;
  return 0;
}

static int bound_rate(int rate) { return rate < RATE_MIN ? RATE_MIN : rate > RATE_MAX ? RATE_MAX : rate; }

// The first piece decides the rate of all: joined recordings may change theirs on the way.
static int make_converter(void) {
  if (frame->sample_rate < RATE_LEAST || frame->sample_rate > RATE_MOST) return IMPOSSIBLE_RATE;
  if (frame->ch_layout.nb_channels < 1 || frame->ch_layout.nb_channels > CHANNELS_MAX) return TOO_MANY_CHANNELS;
  if (out_rate == 0) out_rate = bound_rate(frame->sample_rate);
  swr_free(&converter);
  av_channel_layout_uninit(&in_layout);
  if (av_channel_layout_copy(&in_layout, &frame->ch_layout) < 0) return NO_MEMORY;
  in_rate = frame->sample_rate;
  in_format = frame->format;
  // Channels are mixed elsewhere, so this keeps them as they are, whatever they are called.
  AVChannelLayout plain = {.order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = in_layout.nb_channels};
  int error = swr_alloc_set_opts2(&converter, &plain, AV_SAMPLE_FMT_FLTP, out_rate, &plain, in_format, in_rate, 0, NULL);
  if (error < 0 || swr_init(converter) < 0) return NO_MEMORY;
  return 0;
}

static int convert(const uint8_t **data, int count) {
  int error = make_room(in_layout.nb_channels, swr_get_out_samples(converter, count));
  if (error < 0) return error;
  int made = swr_convert(converter, planes, planes_capacity, data, count);
  samples = made > 0 ? made : 0;
  return made < 0 ? BROKEN : 0;
}

static int is_as_before(void) {
  return converter != NULL && frame->sample_rate == in_rate && frame->format == in_format &&
         frame->ch_layout.nb_channels == in_layout.nb_channels;
}

// Silence instead of what could not be decoded, so that what follows keeps its time. AMR has no sound in its pauses, only descriptions of
// the noise, which libavcodec does not decode.
static int fill_gap(void) {
  if (out_rate == 0 && codec->sample_rate > 0) out_rate = bound_rate(codec->sample_rate);
  int count = (int)(missing * out_rate);
  int channels = planes_channels > 0 ? planes_channels : codec->ch_layout.nb_channels > 0 ? codec->ch_layout.nb_channels : 1;
  missing = 0;
  if (count == 0 || channels > CHANNELS_MAX) return 0;
  int error = make_room(channels, count);
  if (error < 0) return error;
  for (int channel = 0; channel < channels; channel++) memset(planes[channel], 0, count * sizeof(float));
  samples = count;
  return 1;
}

static void reject_packet(void) {
  damaged_packets++;
  double seconds = packet->duration * av_q2d(codec->pkt_timebase);
  if (seconds > 0 && seconds <= GAP_SECONDS_MAX) missing = seconds;
}

// One packet into the decoder. 0 when there are no more.
static int send_packet(void) {
  for (;;) {
    int error = av_read_frame(format, packet);
    if (error < 0) {
      is_ended = 1;
      if (error != AVERROR_EOF) damaged_packets++;
      avcodec_send_packet(codec, NULL);
      return 0;
    }
    int index = packet->stream_index;
    // A chained stream goes on in a track that was not there at the start.
    if (index != track && (unsigned)index >= tracks_at_start && is_decodable(format->streams[index])) {
      tracks_at_start = format->nb_streams;
      if (select_track(index) < 0) index = -1;
    }
    if (index == track) {
      if (avcodec_send_packet(codec, packet) < 0) reject_packet();
      av_packet_unref(packet);
      return 1;
    }
    av_packet_unref(packet);
  }
}

// 1 with samples in the planes, 2 when a bare packet has been used up, 0 at the end, negative for a reason.
EXPORT(decode) int decode(void) {
  samples = 0;
  for (;;) {
    int error = avcodec_receive_frame(codec, frame);
    if (error == 0) {
      if (!is_as_before()) {
        // What the old converter still holds is lost: less than a millisecond.
        error = make_converter();
        if (error < 0) return error;
      }
      error = convert((const uint8_t **)frame->extended_data, frame->nb_samples);
      av_frame_unref(frame);
      if (error < 0) return error;
      if (samples > 0) return 1;
      continue;
    }
    if (error == AVERROR_EOF || is_ended) {
      if (converter == NULL || is_flushed) return 0;
      is_flushed = 1;
      error = convert(NULL, 0);
      return error < 0 ? error : samples > 0;
    }
    if (error != AVERROR(EAGAIN)) damaged_packets++;
    if (missing > 0 && (error = fill_gap()) != 0) return error;
    if (format == NULL) return 2;
    send_packet();
  }
}

// A bare packet; `decode` then returns what it holds. Empty at the end.
EXPORT(feed_packet) void feed_packet(uint8_t *data, int bytes) {
  if (bytes == 0) {
    is_ended = 1;
    avcodec_send_packet(codec, NULL);
    return;
  }
  if (av_new_packet(packet, bytes) < 0) return;
  memcpy(packet->data, data, bytes);
  if (avcodec_send_packet(codec, packet) < 0) damaged_packets++;
  av_packet_unref(packet);
}

EXPORT(allocate) void *allocate(int bytes) { return av_malloc(bytes); }
EXPORT(get_rate) int get_rate(void) { return out_rate; }
EXPORT(get_channels) int get_channels(void) { return planes_channels; }
EXPORT(get_samples) int get_samples(void) { return samples; }
EXPORT(get_plane) float *get_plane(int channel) { return (float *)planes[channel]; }
// Negative when the headers do not say. Milliseconds.
EXPORT(get_duration) double get_duration(void) {
  if (format == NULL || track < 0) return -1;
  const AVStream *stream = format->streams[track];
  if (stream->duration > 0) return (double)stream->duration * av_q2d(stream->time_base) * 1000;
  return format->duration > 0 ? (double)format->duration * 1000 / AV_TIME_BASE : -1;
}
EXPORT(get_damaged_packets) int get_damaged_packets(void) { return damaged_packets; }
EXPORT(get_codec_name) const char *get_codec_name(void) { return codec_name; }
EXPORT(get_licence) const char *get_licence(void) { return avformat_license(); }
EXPORT(get_configuration) const char *get_configuration(void) { return avformat_configuration(); }
EXPORT(get_version) const char *get_version(void) { return av_version_info(); }
