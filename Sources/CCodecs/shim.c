#include "CCodecs.h"

vpx_codec_err_t codecs_vp8_set_speed(vpx_codec_ctx_t *context, int speed) {
  return vpx_codec_control(context, VP8E_SET_CPUUSED, speed);
}

vpx_codec_err_t codecs_vp8_set_key_frame_bound(vpx_codec_ctx_t *context, unsigned int percent) {
  return vpx_codec_control(context, VP8E_SET_MAX_INTRA_BITRATE_PCT, percent);
}

int codecs_opus_set_bitrate(OpusEncoder *encoder, opus_int32 bits_per_second) {
  return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits_per_second));
}

int codecs_opus_lookahead(OpusEncoder *encoder) {
  opus_int32 samples = 0;
  int result = opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(&samples));
  return result == OPUS_OK ? samples : result;
}
