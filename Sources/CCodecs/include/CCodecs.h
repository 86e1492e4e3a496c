#pragma once
// libopus and libvpx for the `MediaKit` target alone, with the macros and the calls of variable
// length that Swift cannot see.
#include <opus/opus.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

static const int codecs_vpx_encoder_version = VPX_ENCODER_ABI_VERSION;
static const int codecs_vpx_decoder_version = VPX_DECODER_ABI_VERSION;
static const vpx_enc_frame_flags_t codecs_vpx_force_key_frame = VPX_EFLAG_FORCE_KF;
static const unsigned long codecs_vpx_realtime = VPX_DL_REALTIME;

// How much quality is given up for speed (VP8E_SET_CPUUSED): 0 nothing, -16 the most.
vpx_codec_err_t codecs_vp8_set_speed(vpx_codec_ctx_t *context, int speed);
// The most that a key frame may take, in percent of the average frame.
vpx_codec_err_t codecs_vp8_set_key_frame_bound(vpx_codec_ctx_t *context, unsigned int percent);

// Bits a second; the result is OPUS_OK or an error.
int codecs_opus_set_bitrate(OpusEncoder *encoder, opus_int32 bits_per_second);
// Samples by which the decoded sound is late for the encoder's sake, or an error.
int codecs_opus_lookahead(OpusEncoder *encoder);
