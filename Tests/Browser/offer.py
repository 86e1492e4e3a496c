"""An offer as a browser makes it, for clients that only want seats: nothing is ever sent on it."""

FINGERPRINT = ":".join(["AB"] * 32)
CODECS = {
    "audio": ("111", ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]),
    "video": ("96", ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli"]),
}


def make_offer(persons: int) -> dict:
    """The arguments of `media.negotiate`: microphone, camera, and so many seats for persons."""
    kinds = ["audio", "video"] * (1 + persons)
    lines = [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
        "a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(kinds))),
    ]
    for mid, kind in enumerate(kinds):
        payload, codec = CODECS[kind]
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload}", "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
            "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa", f"a=fingerprint:sha-256 {FINGERPRINT}",
            "a=setup:actpass", f"a=mid:{mid}", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=sendonly" if mid < 2 else "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize", *codec,
        ]
    return {
        "offer": "\r\n".join(lines) + "\r\n",
        "tracks": [{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera"}],
        "seats": [
            {"kind": "person", "audio_mid": str(mid), "video_mid": str(mid + 1)}
            for mid in range(2, len(kinds), 2)
        ],
    }
