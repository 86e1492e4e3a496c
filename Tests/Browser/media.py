"""Pictures and sounds that a test can recognise at the other end of a call.

A picture is a bar code of 8 by 4 black or white cells: who publishes, the number of the frame, and
a checksum, so that a picture that was damaged or put together from two is not taken for one.
`probe.js` reads it. A sound is a short tone again and again, of a pitch of its own; a steady tone
would be taken for noise and suppressed by the browser.
"""

import math
import struct
import wave
from pathlib import Path

WIDTH, HEIGHT, RATE = 320, 240, 15
COLUMNS, ROWS = 8, 4
#: Frames before the film begins again: 64 s.
FRAMES = 960
#: Each publisher's pitch in Hz: no one is a harmonic of another.
TONES = {1: 500, 2: 1300, 3: 2100}

BLACK, WHITE = 16, 235


def cells(publisher: int, frame: int) -> list[bool]:
    """The bar code, row by row; true is white."""
    check = (frame * 37 + publisher * 91 + 0x5A) & 0xFF
    word = publisher << 28 | (~publisher & 0xF) << 24 | frame << 12 | 0b1010 << 8 | check
    return [bool(word >> (31 - bit) & 1) for bit in range(COLUMNS * ROWS)]


def write_film(path: Path, publisher: int) -> None:
    """A YUV4MPEG2 file for `--use-file-for-fake-video-capture`."""
    line = {bit: bytes([WHITE if bit else BLACK]) * (WIDTH // COLUMNS) for bit in (True, False)}
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(FRAMES):
            code = cells(publisher, frame)
            film.write(b"FRAME\n")
            for row in range(ROWS):
                bits = code[row * COLUMNS : (row + 1) * COLUMNS]
                film.write(b"".join(line[bit] for bit in bits) * (HEIGHT // ROWS))
            film.write(colour)


def write_sound(path: Path, publisher: int) -> None:
    """A WAVE file for `--use-file-for-fake-audio-capture`: 200 ms of tone, 100 ms of silence."""
    rate, period, sounding = 48_000, 14_400, 9_600
    samples = []
    for n in range(period):
        edge = min(n, sounding - n, 480) / 480 if n < sounding else 0
        samples.append(int(9_000 * edge * math.sin(2 * math.pi * TONES[publisher] * n / rate)))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(struct.pack(f"<{period}h", *samples) * 20)


def prepare(folder: Path, publisher: int) -> tuple[Path, Path]:
    """A publisher's film and sound, made where they are not there from an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    film, sound = folder / f"{publisher}.y4m", folder / f"{publisher}.wav"
    for path, write in ((film, write_film), (sound, write_sound)):
        if not path.exists():
            unfinished = path.with_suffix(".part")
            write(unfinished, publisher)
            unfinished.rename(path)
    return film, sound
