"""The phrase table: how feelings are said in the language of music. Reviewed by hand.

CLAP was trained on captions of sounds, not on moods: a phrase works best as a sentence about a
recording, with a tempo, instruments, a mode or a genre in it. The lite text model reads the same
words from its lexicon. A changed phrase changes answers, and so `moods.prompts_sha256`.
"""

from collections.abc import Mapping
from enum import StrEnum

from sightsong.core.affect import Emotion


class Energy(StrEnum):
    """Which side of an emotion a phrase speaks for."""

    CALM = "calm"
    LIVELY = "lively"


EMOTION_PHRASES: Mapping[Emotion, Mapping[Energy, tuple[str, ...]]] = {
    Emotion.ANGER: {
        Energy.CALM: (
            "This audio is a brooding slow industrial piece with heavy bass in a minor key.",
            "This audio is a dark menacing drone with low distorted guitars.",
            "This audio is a bitter slow blues with a rough electric guitar.",
        ),
        Energy.LIVELY: (
            "This audio is an aggressive fast metal song with distorted guitars and loud drums.",
            "This audio is a furious punk rock song at high speed.",
            "This audio is an angry industrial track with harsh synthesizers and pounding drums.",
        ),
    },
    Emotion.DISGUST: {
        Energy.CALM: (
            "This audio is an unsettling dissonant ambient drone with low noise.",
            "This audio is a dark sparse experimental piece with uneasy sounds.",
            "This audio is a bleak slow soundtrack with detuned strings.",
        ),
        Energy.LIVELY: (
            "This audio is a harsh dissonant noise track with grinding distortion.",
            "This audio is a grotesque distorted electronic track with broken drums.",
            "This audio is an abrasive fast industrial song in a minor key.",
        ),
    },
    Emotion.FEAR: {
        Energy.CALM: (
            "This audio is an eerie slow ambient piece with dissonant strings in a minor key.",
            "This audio is a dark suspenseful soundtrack with low drones.",
            "This audio is a haunting sparse piano piece with unsettling echoes.",
        ),
        Energy.LIVELY: (
            "This audio is a tense thriller soundtrack with fast pulsing strings in a minor key.",
            "This audio is a frightening orchestral piece with sudden loud percussion.",
            "This audio is an anxious dark techno track with a driving beat.",
        ),
    },
    Emotion.JOY: {
        Energy.CALM: (
            "This audio is a warm gentle acoustic guitar song in a major key.",
            "This audio is a peaceful happy piano piece at a relaxed tempo.",
            "This audio is a soft sunny folk song with light percussion.",
        ),
        Energy.LIVELY: (
            "This audio is a happy upbeat pop song in a major key with bright guitars.",
            "This audio is a cheerful fast dance track with handclaps.",
            "This audio is a joyful funk song with brass and a lively beat.",
        ),
    },
    Emotion.SADNESS: {
        Energy.CALM: (
            "This audio is a slow melancholic piano piece in a minor key.",
            "This audio is a sad quiet cello ballad with long notes.",
            "This audio is a lonely soft acoustic guitar song in a minor key.",
        ),
        Energy.LIVELY: (
            "This audio is an emotional rock ballad in a minor key with swelling strings.",
            "This audio is a mournful orchestral piece that grows loud.",
            "This audio is a bittersweet electronic song with a steady beat in a minor key.",
        ),
    },
    Emotion.SURPRISE: {
        Energy.CALM: (
            "This audio is a curious playful piece for pizzicato strings and woodwinds.",
            "This audio is a light whimsical xylophone tune with sudden turns.",
            "This audio is a dreamy sparkling harp piece with unexpected harmonies.",
        ),
        Energy.LIVELY: (
            "This audio is an exciting fast orchestral piece with bright brass.",
            "This audio is a quirky energetic jazz tune with sudden breaks.",
            "This audio is a thrilling electronic track with big drops and bright synthesizers.",
        ),
    },
}
"""Phrases for each emotion, calm and lively."""

MOOD_PHRASES: Mapping[str, tuple[str, ...]] = {
    "angry": ("This audio is an aggressive loud rock song with distorted guitars.",),
    "anxious": ("This audio is a nervous restless electronic track in a minor key.",),
    "bleak": ("This audio is a bleak sparse ambient piece with cold drones.",),
    "calm": ("This audio is a calm slow ambient song with soft synthesizer pads.",),
    "cheerful": ("This audio is a cheerful ukulele song in a major key at a lively tempo.",),
    "dark": ("This audio is a dark moody electronic track with deep bass in a minor key.",),
    "dramatic": ("This audio is a dramatic orchestral piece with powerful drums and strings.",),
    "dreamy": ("This audio is a dreamy slow shoegaze song with soft reverberant guitars.",),
    "energetic": ("This audio is an energetic fast electronic dance track with a driving beat.",),
    "epic": ("This audio is an epic orchestral soundtrack with brass, choir and big drums.",),
    "gloomy": ("This audio is a gloomy slow strings piece in a minor key.",),
    "happy": ("This audio is a happy pop song in a major key with a bouncy beat.",),
    "hopeful": ("This audio is a hopeful piano and strings piece in a major key.",),
    "lonely": ("This audio is a lonely quiet solo piano piece with long silences.",),
    "melancholic": ("This audio is a melancholic slow guitar ballad in a minor key.",),
    "mysterious": ("This audio is a mysterious soundtrack with soft bells and low strings.",),
    "nostalgic": ("This audio is a nostalgic lo-fi song with a warm electric piano.",),
    "peaceful": ("This audio is a peaceful slow acoustic guitar piece in a major key.",),
    "playful": ("This audio is a playful bouncy tune with pizzicato strings and whistling.",),
    "romantic": ("This audio is a romantic slow jazz ballad with saxophone and piano.",),
    "sad": ("This audio is a sad slow piano ballad in a minor key.",),
    "serene": ("This audio is a serene new age piece with flute and soft harp.",),
    "tender": ("This audio is a tender soft lullaby for piano in a major key.",),
    "tense": ("This audio is a tense suspenseful soundtrack with pulsing low strings.",),
    "triumphant": ("This audio is a triumphant march with bright brass and loud drums.",),
    "wistful": ("This audio is a wistful slow waltz for accordion and violin in a minor key.",),
}
"""Phrases for mood labels."""

OTHER_MOOD_PHRASE = "This audio is a piece of {mood} music."
"""For mood labels of the caller's own; no article stands before them."""

SCENE_PHRASE = "This audio is music for a scene of {scene}."
"""For what is to be seen in a photo."""


def all_phrases() -> tuple[str, ...]:
    """List every phrase of the tables, each once; those with a place to fill are not among them."""
    of_emotions = (
        phrase for sides in EMOTION_PHRASES.values() for side in sides.values() for phrase in side
    )
    of_moods = (phrase for phrases in MOOD_PHRASES.values() for phrase in phrases)
    return tuple(dict.fromkeys((*of_emotions, *of_moods)))
