"""What CLIP is asked about emotions and moods: the words, how they are framed, and how sharply.

CLIP was trained on what people write below their pictures, and they name things, people and places
far more often than feelings. So each emotion has a list of what its pictures show, in the words of
such captions, besides the feeling by name. The lists keep to what is plain to see, are of like
length and of like variety (people, animals, places, things), so that no emotion wins by having more
to say. A changed word or figure changes answers, and so the revisions on the cards.
"""

import hashlib
import json
from collections.abc import Mapping

from sightsong.core.affect import Emotion

EMOTION_TEMPERATURE = 0.02
"""What cosines are divided by. CLIP was trained at 0.01, to pick one caption among thousands; at
twice that six emotions stay a distribution, as the raters of Emotion6 gave one. Chosen by this
reasoning and not fitted: whoever has labelled photos can do better."""

MOOD_TEMPERATURE = 0.01
"""What cosines are divided by; CLIP's own, so that shares are those which its users know."""

SIGHT_TEMPLATES = ("a photo of {}", "{}")
"""Frames for what is to be seen."""

SIGHTS: Mapping[Emotion, tuple[str, ...]] = {
    Emotion.ANGER: (
        "a furious man shouting",
        "an angry face with clenched teeth",
        "a couple having a fight",
        "a clenched fist",
        "protesters clashing with the police",
        "a riot in the street with burning cars",
        "a snarling dog baring its teeth",
        "a soldier aiming a gun",
        "a driver yelling in a traffic jam",
        "a smashed window after vandalism",
        "raging flames and black smoke",
        "a hostile crowd with raised fists",
    ),
    Emotion.DISGUST: (
        "a pile of rotting garbage",
        "a filthy toilet",
        "mouldy spoiled food",
        "a cockroach on a plate",
        "maggots and flies on meat",
        "a person grimacing at a bad smell",
        "vomit on the floor",
        "a dirty sink full of slime",
        "an infected wound on the skin",
        "a dead rat in the gutter",
        "polluted water with trash",
        "a close-up of a slimy worm",
    ),
    Emotion.FEAR: (
        "a terrified person screaming",
        "a dark forest at night in fog",
        "an abandoned house with broken windows",
        "a big spider close up",
        "a snake about to strike",
        "a shark with open jaws",
        "a tornado coming near",
        "a child hiding in the dark",
        "a shadowy figure in a corridor",
        "a person at the edge of a high cliff",
        "a scary mask in dim light",
        "a tidal wave over a town",
    ),
    Emotion.JOY: (
        "friends laughing together",
        "a smiling baby",
        "children playing in the sun",
        "a bride and groom dancing",
        "a happy family hugging",
        "a playful puppy in the grass",
        "a birthday cake with candles",
        "colourful balloons at a party",
        "a sunny beach with blue water",
        "a meadow full of bright flowers",
        "a rainbow over green hills",
        "a crowd cheering at a festival",
    ),
    Emotion.SADNESS: (
        "a person crying with tears on the face",
        "a lonely old man on a bench",
        "a woman looking down with her head in her hands",
        "a grave with flowers in a cemetery",
        "people mourning at a funeral",
        "a homeless person sleeping in the street",
        "a stray dog behind a fence",
        "rain running down a window",
        "a bare tree under a grey sky",
        "an empty swing in an empty park",
        "a wilted flower",
        "a house in ruins after a disaster",
    ),
    Emotion.SURPRISE: (
        "a person with an open mouth and wide eyes",
        "a woman gasping with her hands on her cheeks",
        "a child opening a present",
        "a surprise party",
        "an acrobat in mid-air",
        "fireworks bursting in the night sky",
        "a whale leaping out of the sea",
        "a magician's trick in front of an audience",
        "a bolt of lightning over a city",
        "a startled cat with big eyes",
        "an odd building that looks upside down",
        "a very strange animal",
    ),
}
"""What photos of each emotion show."""

FEELING_TEMPLATES = (
    "a photo that makes people feel {}",
    "a {} moment",
    "a picture full of {}",
)
"""Frames for a feeling by name; in order for an adjective, an adjective and a noun."""

FEELINGS: Mapping[Emotion, tuple[tuple[str, str, str], ...]] = {
    Emotion.ANGER: (
        ("angry", "hostile", "anger"),
        ("furious", "violent", "rage"),
        ("outraged", "heated", "aggression"),
    ),
    Emotion.DISGUST: (
        ("disgusted", "disgusting", "disgust"),
        ("sick", "gross", "filth"),
        ("repelled", "revolting", "decay"),
    ),
    Emotion.FEAR: (
        ("afraid", "scary", "fear"),
        ("terrified", "frightening", "horror"),
        ("uneasy", "creepy", "danger"),
    ),
    Emotion.JOY: (
        ("happy", "joyful", "joy"),
        ("delighted", "cheerful", "happiness"),
        ("content", "lovely", "delight"),
    ),
    Emotion.SADNESS: (
        ("sad", "sad", "sadness"),
        ("lonely", "melancholy", "loneliness"),
        ("heartbroken", "gloomy", "grief"),
    ),
    Emotion.SURPRISE: (
        ("surprised", "surprising", "surprise"),
        ("amazed", "astonishing", "wonder"),
        ("startled", "bizarre", "the unexpected"),
    ),
}
"""The feelings by name: for each frame a word, three times."""

MOOD_LABELS = (
    "angry",
    "anxious",
    "calm",
    "cheerful",
    "dark",
    "dramatic",
    "dreamy",
    "energetic",
    "epic",
    "gloomy",
    "happy",
    "hopeful",
    "lonely",
    "melancholic",
    "mysterious",
    "nostalgic",
    "peaceful",
    "playful",
    "romantic",
    "sad",
    "tender",
    "tense",
    "triumphant",
    "wistful",
)
"""Labels where the caller names none: those of `core.moods` less two that differ from a neighbour
in the music only (bleak and gloomy, serene and calm)."""

MOOD_TEMPLATES = (
    "a photo with {a} {label} mood",
    "{a} {label} scene",
    "{a} {label} atmosphere",
    "a photo that feels {label}",
    "the mood of this picture is {label}",
    "{label}",
)
"""Frames for a mood label."""

_VOWELS = tuple("aeiou")
_DIGITS = 8


def emotion_prompts(emotion: Emotion) -> tuple[str, ...]:
    """List what is asked about an emotion."""
    seen = [frame.format(sight) for sight in SIGHTS[emotion] for frame in SIGHT_TEMPLATES]
    felt = [
        frame.format(word)
        for words in FEELINGS[emotion]
        for frame, word in zip(FEELING_TEMPLATES, words, strict=True)
    ]
    return (*seen, *felt)


def mood_prompts(label: str) -> tuple[str, ...]:
    """List what is asked about a mood label, whatever the label is."""
    article = "an" if label.lower().startswith(_VOWELS) else "a"
    return tuple(frame.format(a=article, label=label) for frame in MOOD_TEMPLATES)


def emotions_digest() -> str:
    """Name the state of all that is asked about emotions, in 8 hex digits."""
    asked = {emotion.value: emotion_prompts(emotion) for emotion in Emotion}
    return _digest({"prompts": asked, "temperature": EMOTION_TEMPERATURE})


def moods_digest() -> str:
    """Name the state of all that is asked about moods, in 8 hex digits."""
    return _digest(
        {"labels": MOOD_LABELS, "frames": MOOD_TEMPLATES, "temperature": MOOD_TEMPERATURE}
    )


def _digest(table: Mapping[str, object]) -> str:
    canonical = json.dumps(table, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]
