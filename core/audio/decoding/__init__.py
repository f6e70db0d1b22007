"""Decoding: from a file's bytes to samples of every channel, with two decoders.

libsndfile (`sndfile.py`) decodes whatever it can open. Without compression it is exact, it
finds any sample of WAV, AIFF, CAF, AU, W64 and FLAC without reading what comes before, and it is
what earlier versions used, so equal sounds keep equal hashes. It believes a header, though, and
`containers.py` puts right what headers say of the sound's length: libsndfile hears nothing of a
WAV whose sizes were never filled in.

FFmpeg's libraries (`ffmpeg.py`, through PyAV) decode what libsndfile cannot open (M4A and AAC, WMA,
video files, a FLAC of unknown length), and go on where libsndfile gives up (`core.audio.source`).
Measured with libsndfile 1.2.2 and FFmpeg 8:

| | libsndfile hears | FFmpeg hears |
|---|---|---|
| MP3 without a Xing header | 3.4 of 12.0 s: the length is guessed | all |
| MP3 or Ogg, two in one file | the first | both |
| FLAC, two in one file | the first, or each by itself | both, but of a short one not all |
| FLAC cut short or damaged | up to the fault | all but the blocks with a fault |
| FLAC of unknown length | nothing | all |
| Ogg Opus without its end flag | all but the last block | all |
| WAV, RF64, W64, AIFF, CAF, AU with wrong sizes | all, once the sizes are right | it depends |
| RIFX, G.721, NMS ADPCM, ALAC of 20 bits | all | noise, or nothing |
| MATLAB, HTK, MPC 2000, WVE, XI | all | nothing |

In the place of a block of a FLAC that cannot be decoded there is silence, so that what follows
keeps its time. In the other kinds nothing says how long it was.

Where both decode the same file, they agree to the sample: exactly without compression, in GSM
6.10 and in ALAC of 16, 24 and 32 bits; to 2e-6 in MP3 and Vorbis. Both leave out the delay and the
padding of an encoder where the file declares them. `tests/core/audio/decoding` holds that.
"""
