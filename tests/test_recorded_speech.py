"""The record of speech with the cells of its chapter: equal to the libraries, and by hand."""

import functools
import itertools
import math
import wave as wav_files

import numpy as np
import pytest
import torch

from helpers import data, recorded
from helpers.data.catalogue import datasets

CPU = torch.device("cpu")
VOICES = datasets()["voices"].fetched() and not data.missing("voices")


@pytest.fixture(scope="module")
def script():
    return recorded.script("speech")


@pytest.fixture(scope="module")
def code():
    """Return the cells of the chapter that need no synthesiser from outside."""
    cells = """
        setup constants source-filter resonator vowels sounds spelt speak fft mel mel-bands log-mel
        active with-noise speakers own-voice clips wer collapse ctc picture recogniser batch train
        greedy heard add-logs one-frame beam own-recording
    """
    return recorded.chapter("applications/speech", cells, machine=CPU)


# Sound and its picture


@pytest.mark.parametrize("samples", [4000, 3913])
def test_log_mel_is_librosas(code, samples):
    import librosa

    wave = np.random.default_rng(samples).normal(size=samples).astype(np.float32)
    wave[500:1500] *= 0.01
    power = librosa.feature.melspectrogram(
        y=wave,
        sr=code.RATE,
        n_fft=code.WINDOW,
        hop_length=code.HOP,
        n_mels=code.BANDS,
        pad_mode="constant",
    )
    expected = np.log(np.maximum(power, 1e-8))
    found = code.log_mel(wave).numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("bands", "window", "rate"), [(40, 256, 8000), (80, 400, 16000), (20, 512, 22050)]
)
def test_mel_bands_are_librosas(code, bands, window, rate):
    import librosa

    expected = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands)
    np.testing.assert_allclose(code.mel_bands(bands, window, rate), expected, atol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 8, 512])
def test_the_transform_by_hand_is_torchs_with_half_n_log_n_products(code, n):
    x = torch.randn(n, dtype=torch.complex128, generator=torch.Generator().manual_seed(n))
    found, products = code.fft(x)
    torch.testing.assert_close(found, torch.fft.fft(x))
    assert products == n // 2 * int(math.log2(n))


def test_a_resonator_answers_most_at_its_frequency(code):
    for hz, width in ((500.0, 60), (2290.0, 100)):
        impulse = np.zeros(8192)
        impulse[0] = 1
        section = code.resonator(np.float64(hz), width)[None]
        power = np.abs(np.fft.rfft(code.signal.sosfilt(section, impulse))) ** 2
        tones = np.fft.rfftfreq(8192, 1 / code.RATE)
        assert abs(tones[power.argmax()] - hz) < 5
        wide = tones[power > power.max() / 2]
        assert wide[-1] - wide[0] == pytest.approx(width, rel=0.1)


def test_a_voice_has_its_pitch_and_begins_when_told(code):
    pulses = code.glottis(np.full(code.RATE, 100.0))
    power = np.abs(np.fft.rfft(pulses))
    assert set(np.flatnonzero(power[:600] > 0.3 * power[100:600].max())) <= set(range(0, 600, 100))
    wave = code.speak([1], lead=0.5, seed=3)
    loud = np.flatnonzero(np.abs(wave) > 0.02)
    assert 0.45 < loud[0] / code.RATE < 0.55 and np.abs(wave).max() == 1


def test_words_last_longer_when_spoken_slowly_and_differ_by_speaker(code):
    assert len(code.speak([7, 3], pace=0.5)) > 1.7 * len(code.speak([7, 3], pace=1.0))
    draw = np.random.default_rng
    one, same, other = (code.own_voice([7], speaker, draw(0)) for speaker in (3, 3, 4))
    assert np.array_equal(one, same)
    assert len(one) != len(other) or not np.allclose(one, other)


def test_noise_has_the_ratio_that_was_asked_for(code):
    wave = np.sin(np.arange(80_000) / 5).astype(np.float32)
    noise = code.with_noise(wave, 6, np.random.default_rng(0)) - wave
    assert 10 * np.log10((wave**2).mean() / (noise**2).mean()) == pytest.approx(6, abs=0.1)


def test_two_bursts_are_found_where_they_are(code):
    wave = np.random.default_rng(0).normal(0, 0.001, code.RATE * 3)
    for start, end in ((0.5, 0.9), (2.0, 2.4)):
        wave[int(start * code.RATE) : int(end * code.RATE)] *= 300
    (a, b), (c, d) = code.active(wave)
    assert [a, c] == pytest.approx([0.5, 2.0], abs=0.011)
    assert [b, d] == pytest.approx([0.9 + 0.07, 2.4 + 0.07], abs=0.011)  # it lasts on


# Paths and words


def collapsed(path) -> list[int]:
    return [symbol for symbol, _ in itertools.groupby(path) if symbol]


def random_logp(frames, symbols, seed):
    draw = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(frames, symbols, generator=draw, dtype=torch.float64)).log_softmax(1)


@pytest.mark.parametrize("seed", range(6))
def test_the_loss_and_its_slope_are_torchs(code, seed):
    draw = np.random.default_rng(seed)
    frames = int(draw.integers(8, 60))
    word = draw.integers(1, 4, draw.integers(1, 5)).tolist()
    scores = random_logp(frames, 5, seed).requires_grad_()
    mine = code.ctc_loss(scores.log_softmax(1), word)
    sizes = torch.tensor(frames), torch.tensor(len(word))
    theirs = torch.nn.functional.ctc_loss(
        scores.log_softmax(1), torch.tensor(word), *sizes, reduction="sum"
    )
    assert mine.item() == pytest.approx(theirs.item(), abs=1e-9)
    slopes = [torch.autograd.grad(loss, scores)[0] for loss in (mine, theirs)]
    torch.testing.assert_close(*slopes)


def test_a_word_without_a_path_has_no_probability(code):
    assert code.ctc_loss(random_logp(2, 3, 0), [1, 1]) > 1e20


def by_list(logp) -> dict[tuple, float]:
    """Return the probability of every word, from a list of all paths."""
    found = {}
    for path in itertools.product(range(logp.shape[1]), repeat=len(logp)):
        word = tuple(collapsed(path))
        found[word] = found.get(word, 0) + logp[range(len(logp)), list(path)].sum().exp().item()
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_likeliest_word_and_its_probability(code, seed):
    logp = random_logp(6, 3, seed) / 4
    logp = logp.log_softmax(1)
    words = by_list(logp)
    assert sum(words.values()) == pytest.approx(1)
    best = max(words, key=words.get)
    found, value = code.beam(logp, width=10_000)
    assert found == list(best) and math.exp(value) == pytest.approx(words[best])


def test_greedy_is_not_always_the_likeliest_word(code):
    logps = [(random_logp(6, 3, seed) / 6).log_softmax(1) for seed in range(30)]
    differ = [code.beam(p, width=100)[0] != code.collapse(p.argmax(1).tolist()) for p in logps]
    assert 0 < sum(differ) < len(differ)


@pytest.mark.parametrize("seed", range(3))
def test_a_path_collapses_as_by_groups(code, seed):
    for path in np.random.default_rng(seed).integers(0, 3, (50, 7)).tolist():
        assert code.collapse(path) == collapsed(path)


@functools.cache
def distance(a, b) -> int:
    if not a or not b:
        return len(a) + len(b)
    same = distance(a[1:], b[1:]) + (a[0] != b[0])
    return min(same, distance(a[1:], b) + 1, distance(a, b[1:]) + 1)


def test_edits_are_those_of_the_definition_and_wer_divides_by_what_was_spoken(code):
    draw = np.random.default_rng(2)
    for _ in range(100):
        a, b = (tuple(draw.integers(0, 3, draw.integers(0, 7)).tolist()) for _ in range(2))
        assert code.edits(list(a), list(b)) == distance(a, b)
    clips = [(None, [1, 2, 3, 4]), (None, [5])]
    assert code.wer([[1, 2, 3, 4], [5, 5, 5]], clips) == 2 / 5
    assert code.wer([[], [1, 2, 3, 4, 6, 7]], clips) == 2


# The recogniser


def test_the_recogniser_keeps_a_quarter_of_the_frames_and_learns_words_in_small(code):
    torch.manual_seed(0)
    model = code.Recogniser(width=8, layers=1).eval()
    logp = model(torch.zeros(2, 101, code.BANDS))
    assert logp.shape == (2, 26, 11)
    torch.testing.assert_close(logp.exp().sum(2), torch.ones(2, 26))
    clips = code.clips(code.own_voice, [1], 24, 0, most=2)
    clips = [(wave, [min(d, 1) for d in digits]) for wave, digits in clips]
    clips = [(code.speak(digits, seed=n), digits) for n, (_, digits) in enumerate(clips)]
    model = code.train(clips, CPU, epochs=25, batch=8, rate=6e-3)
    assert code.wer(code.heard(model, clips), clips) < 0.2


def test_clips_are_the_same_for_a_seed_and_of_the_speakers_asked_for(code):
    asked = []

    def voice(digits, speaker, draw):
        asked.append(speaker)
        return np.ones(800, np.float32) * draw.uniform(0.5, 1)

    one, again, other = (code.clips(voice, [4, 9], 30, seed) for seed in (1, 1, 2))
    assert set(asked) == {4, 9}
    assert [d for _, d in one] == [d for _, d in again] != [d for _, d in other]
    assert np.array_equal(one[3][0], again[3][0])
    assert {len(d) for _, d in one} == {1, 2, 3, 4, 5}


def test_speakers_to_learn_from_and_to_be_judged_by_differ(code):
    assert not set(code.TRAINING) & set(code.UNHEARD)
    assert code.traits(3) == code.traits(3) != code.traits(4)


# Somebody's own recording


def write(path, samples, *, rate=16_000, channels=1, width=2):
    with wav_files.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def tone(rate, seconds=1.0, channels=1):
    wave = np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.repeat((8000 * wave).astype("<i2"), channels)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2), (44100, 1), (48000, 2)])
def test_a_recording_of_any_rate_is_read_with_its_pitch(code, tmp_path, rate, channels):
    path = write(tmp_path / "a.wav", tone(rate, 1.0, channels), rate=rate, channels=channels)
    wave = code.read_wav(path)
    assert wave.dtype == np.float32 and np.abs(wave).max() == 1
    assert len(wave) == pytest.approx(code.RATE, abs=2)
    assert np.abs(np.fft.rfft(wave[:8000])).argmax() == pytest.approx(440, abs=2)


def test_what_cannot_be_read_is_said_with_its_cure(code, tmp_path):
    (tmp_path / "song.wav").write_bytes(b"ID3 not a wave at all, but long enough to look at")
    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    write(tmp_path / "bytes.wav", np.zeros(16000, np.uint8), width=1)
    write(tmp_path / "deep.wav", np.zeros(48000, np.uint8), width=3)
    write(tmp_path / "short.wav", tone(16000, 0.1))
    write(tmp_path / "long.wav", tone(8000, 61), rate=8000)
    write(tmp_path / "silent.wav", np.zeros(16000, np.int16))
    for name, said in {
        "none.wav": "no file",
        "song.wav": "ffmpeg",
        "cut.wav": "ffmpeg",
        "bytes.wav": "8 bits",
        "deep.wav": "24 bits",
        "short.wav": "0.1 s",
        "long.wav": "61.0 s",
        "silent.wav": "microphone",
    }.items():
        with pytest.raises(ValueError, match=said):
            code.read_wav(tmp_path / name)
    with pytest.raises(ValueError, match="no file"):
        code.read_wav(tmp_path)


# The synthesiser from outside


@pytest.mark.skipif(not VOICES, reason="make data SET=voices")
def test_the_library_speaks_in_voices_that_differ(script):
    code = script.chapter(CPU)
    draw = np.random.default_rng
    one, same, other = (code.by_espeak([7, 3], speaker, draw(0)) for speaker in (1, 1, 50))
    longer = code.by_espeak([7, 3, 7, 3], 1, draw(0))
    assert one.dtype == np.float32 and np.abs(one).max() == 1
    # The library goes on where its last sentence ended: alike, not equal.
    assert abs(len(one) - len(same)) < 10 and len(longer) > 1.5 * len(one)
    assert abs(len(one) - len(other)) >= 10
    lines = code.variant(5).splitlines()
    assert lines[0] == "language variant" and sum(line.startswith("formant") for line in lines) == 6


# The record


def recordings(seconds=0.3):
    """Return made-up people: for each speaker, digit and take a tone of its own."""
    draw, found = np.random.default_rng(0), {}
    for speaker, digit, take in itertools.product(range(6), range(10), range(8)):
        hz = 300 + 300 * digit + 5 * speaker
        wave = np.sin(2 * np.pi * hz * np.arange(int(8000 * seconds)) / 8000)
        wave += draw.normal(0, 0.05, len(wave))
        found[speaker, digit, take] = (wave / np.abs(wave).max()).astype(np.float32)
    return found


def test_people_are_read_from_either_form(script, tmp_path):
    people = ["ann", "bob", "cat", "dan", "eve", "fay"]
    waves = {key: (9000 * wave).astype("<i2") for key, wave in recordings(0.02).items()}
    (tmp_path / "wav" / "recordings").mkdir(parents=True)
    for (speaker, digit, take), wave in waves.items():
        name = f"{digit}_{people[speaker]}_{take}.wav"
        write(tmp_path / "wav" / "recordings" / name, wave, rate=8000)
    write(tmp_path / "wav" / "recordings" / "3_ann_40.wav", tone(8000), rate=8000)  # not taken
    (tmp_path / "npz").mkdir()
    speaker, digit, take = np.array(list(waves)).T
    np.savez(
        tmp_path / "npz" / "fsdd_wav_480.npz",
        wav=np.concatenate(list(waves.values())),
        length=[len(wave) for wave in waves.values()],
        speaker=speaker,
        digit=digit,
        index=take,
    )
    packed, plain = (script.read(tmp_path / form) for form in ("npz", "wav"))
    assert packed.keys() == plain.keys() == waves.keys()
    for key, wave in packed.items():
        assert np.array_equal(wave, plain[key]) and np.abs(wave).max() == 1
    with pytest.raises(FileNotFoundError, match="of the 480"):
        script.read(tmp_path / "nothing")


def test_a_speaker_s_test_holds_each_recording_once(script, code):
    people = script.People(code, recordings(0.1))
    clips = people.test(2)
    assert len(clips) == 20 and all(len(digits) == 4 for _, digits in clips)
    said = [digit for _, digits in clips for digit in digits]
    assert sorted(said) == sorted(list(range(10)) * 8)
    assert len(people.test(2, (6, 7))) == 5
    assert [d for _, d in people.test(2)] == [d for _, d in clips]


def test_joined_recordings_are_of_the_takes_allowed(script, code):
    known = {key: np.full(10, key[2] + 1, np.float32) for key in recordings(0.01)}
    people = script.People(code, known)
    draw = np.random.default_rng(0)
    heard = np.concatenate([people.voice((1, 4))([3, 5], 0, draw) * 5 for _ in range(20)])
    assert set(np.round(heard).astype(int)) <= {2, 5}


def test_the_interval_is_over_speakers(script):
    low, high = script.interval([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert 0.15 < low < 0.25 and 0.45 < high < 0.55
    assert script.interval([0.3] * 6) == pytest.approx([0.3, 0.3])


def test_all_is_measured_in_small(script, code):
    whole = recorded.chapter(
        "applications/speech", "chains chain-times", machine=CPU, **_names(code)
    )
    whole.by_espeak = whole.own_voice
    people = script.People(whole, recordings(0.1))
    values = script.measure(whole, people, seeds=(0,), epochs=1, n=36)
    values |= script.speed(whole, CPU, (1, 2))
    for kind in script.KINDS_OF_TRAINING:
        low, high = values[f"{kind}_people_interval"].value
        [mean] = values[f"{kind}_people"].value
        assert 0 <= low <= high
        assert mean == pytest.approx(np.mean(values[f"{kind}_by_speaker"].value), abs=1e-3)
    assert values["words"].value == 480
    assert len(values["speed"].value) == 2 and min(values["speed"].value) > 0
    for key in ("convolution", "recurrent_layer", "ctc_loss"):
        assert len(values[f"ms_{key}"].value) == len(script.LENGTHS)


def _names(module) -> dict:
    return {k: v for k, v in vars(module).items() if not k.startswith("__") and k != "machine"}
