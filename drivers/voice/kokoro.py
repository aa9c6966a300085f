"""Kokoro-82M: whole sentences, rendered ahead; too slow and too large to speak at once on a card.

The model (Apache-2.0) and its phonemes are those of hexgrad/Kokoro-82M v1.0: Chinese is written
in the IPA with an arrow for the tone, one space between words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from drivers.voice import Unspeakable
from drivers.voice.sound import Sound, equally_loud, trimmed

if TYPE_CHECKING:
    from drivers.voice.mandarin import Phrase, Syllable

HZ = 24_000
MODEL = "kokoro-82m-v1.0"
"""Its folder in the models folder."""
_LONGEST = 480
"""Phonemes of one piece; the model takes 510."""
_STYLES = 510

_INITIALS = {
    "ㄅ": "p", "ㄆ": "pʰ", "ㄇ": "m", "ㄈ": "f", "ㄉ": "t", "ㄊ": "tʰ", "ㄋ": "n", "ㄌ": "l",
    "ㄍ": "k", "ㄎ": "kʰ", "ㄏ": "x", "ㄐ": "ʨ", "ㄑ": "ʨʰ", "ㄒ": "ɕ", "ㄓ": "ꭧ", "ㄔ": "ꭧʰ",
    "ㄕ": "ʂ", "ㄖ": "ɻ", "ㄗ": "ʦ", "ㄘ": "ʦʰ", "ㄙ": "s",
}  # fmt: skip
_FINALS = {
    "": "ɨ", "ㄚ": "a", "ㄛ": "wo", "ㄜ": "ɤ", "ㄝ": "ɛ", "ㄞ": "ai", "ㄟ": "ei", "ㄠ": "au",
    "ㄡ": "ou", "ㄢ": "a|n", "ㄣ": "ə|n", "ㄤ": "a|ŋ", "ㄥ": "ə|ŋ", "ㄦ": "ɚ", "ㄧ": "i",
    "ㄧㄚ": "ja", "ㄧㄝ": "je", "ㄧㄛ": "wo", "ㄧㄞ": "ai", "ㄧㄠ": "jau", "ㄧㄡ": "jou",
    "ㄧㄢ": "jɛ|n", "ㄧㄣ": "i|n", "ㄧㄤ": "ja|ŋ", "ㄧㄥ": "i|ŋ", "ㄨ": "u", "ㄨㄚ": "wa",
    "ㄨㄛ": "wo", "ㄨㄞ": "wai", "ㄨㄟ": "wei", "ㄨㄢ": "wa|n", "ㄨㄣ": "wə|n", "ㄨㄤ": "wa|ŋ",
    "ㄨㄥ": "ʊ|ŋ", "ㄩ": "y", "ㄩㄝ": "ɥe", "ㄩㄢ": "ɥɛ|n", "ㄩㄣ": "y|n", "ㄩㄥ": "jʊ|ŋ",
}  # fmt: skip
_ALONE = {"ㄨㄥ": "wə|ŋ", "ㄛ": "ɔ"}
"""Without an initial."""
_TONES = {1: "→", 2: "↗", 3: "↓", 4: "↘", 5: ""}
_TOKENS = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, " ": 16, "ʦ": 20, "ʨ": 21, "ꭧ": 23, "a": 43,
    "e": 47, "f": 48, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57, "p": 58,
    "s": 61, "t": 62, "u": 63, "w": 65, "x": 66, "y": 67, "ɔ": 76, "ɕ": 77, "ə": 83, "ɚ": 85,
    "ɛ": 86, "ɥ": 99, "ɨ": 101, "ŋ": 112, "ɻ": 126, "ʂ": 130, "ʊ": 135, "ɤ": 140, "ʰ": 162,
    "↓": 169, "→": 171, "↗": 172, "↘": 173,
}  # fmt: skip
"""Those of the model's vocabulary that Chinese needs (config.json of the model)."""


class KokoroMissing(Exception):
    """The model, or what runs it, is not there; the text says what to do."""


class KokoroVoice:
    """One of the model's Chinese voices; loading takes seconds and 0.5 GB of memory."""

    by_heart = False

    def __init__(self, folder: Path, voice: str = "zm_yunjian", speed: float = 1.0) -> None:
        """Load the model in *folder*.

        Args:
            voice: the file ``VOICE.bin`` in the folder.
            speed: 1.0 is the voice's own pace, nearly five syllables a second.

        Raises:
            KokoroMissing: something is not there.
        """
        try:
            import onnxruntime

            styles = np.fromfile(folder / f"{voice}.bin", "<f4").reshape(_STYLES, 256)
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
            )
        except ImportError as error:
            raise KokoroMissing(f"{error}; install it: pip install 'linli[render]'") from error
        except Exception as error:  # onnxruntime raises nothing more special
            raise KokoroMissing(f"{error}; run: linli models fetch {MODEL}") from error
        self._styles, self._speed = styles, speed
        self.name = f"kokoro-{voice}-{speed:g}"

    def speaks(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "zh"

    def render(self, text: str, language: str) -> Sound:
        from drivers.voice.mandarin import phrases

        written = phonemes(phrases(text), "?" if text.rstrip().endswith(("？", "?", "吗")) else ".")
        tokens = [_TOKENS[one] for one in written]
        if not tokens:
            raise Unspeakable(f"no Chinese in {text!r}")
        if len(tokens) > _LONGEST:
            raise Unspeakable(f"{text[:20]!r}… is too long for one rendering; cut it")
        (samples,) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": self._styles[len(tokens) - 1].reshape(1, 256),
                "speed": np.array([self._speed], np.float32),
            },
        )
        return equally_loud(trimmed(Sound(np.asarray(samples, np.float32).ravel(), HZ)))


def phonemes(said: list[Phrase], last: str) -> str:
    """As the model was taught: ``ʨjau↘ꭧʰɤ→, tau↘ lɤ.``; *last* ends it."""
    parts = []
    for index, phrase in enumerate(said):
        words = " ".join("".join(map(_phoneme, word)) for word in phrase.words)
        mark = last if index == len(said) - 1 else "," if phrase.pause < 0.3 else "."
        parts.append(words + mark)
    return " ".join(parts)


def _phoneme(syllable: Syllable) -> str:
    base = syllable.base
    initial = _INITIALS.get(base[0], "")
    final = base[1:] if initial else base
    sound = _ALONE.get(final) if not initial else None
    sound = sound or _FINALS.get(final, "")
    tone = _TONES[syllable.tone]
    return initial + (sound.replace("|", tone) if "|" in sound else sound + tone)
