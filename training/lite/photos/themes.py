"""Themes of OASIS that show the same thing under two names are one group.

Otherwise a model that was fitted on "Jail" would be asked about "Prison" as if it were new to it.
"""

from collections.abc import Sequence

_SAME = (
    ("happy face", "smiling face", "excited face"),
    ("scared face", "scary face"),
    ("sad face", "sad pose", "depressed face", "depressed pose", "miserable pose"),
    ("angry face", "angry pose"),
    ("neutral face", "neutral pose"),
    ("bored pose", "frustrated pose"),
    ("cat", "scared cat"),
    ("skydiving", "parachuting", "parasailing"),
    ("jail", "prison"),
    ("thunderstorm", "lightning"),
    ("flowers", "sunflower"),
    ("sunset", "sun"),
    ("bar", "alcohol", "drink"),
    ("wedding", "wedding ring"),
    ("party", "birthday", "celebration"),
    ("bricks", "wall"),
    ("car accident", "car"),
    ("street", "traffic", "sidewalk"),
    ("volcano", "lava"),
    ("office supplies", "paperclips"),
    ("cemetery", "memorial", "funeral"),
    ("pollution", "garbage dump"),
    ("food", "soup"),
    ("football player", "rugby", "soccer"),
    ("horse", "horse racing"),
    ("father", "mother", "baby"),
    ("acorns", "pinecone"),
    ("timber", "bark"),
    ("doctor", "surgery"),
)


def joined(themes: Sequence[str]) -> tuple[str, ...]:
    """Name each theme, in small letters, by the first of those that show the same."""
    firsts = {name: names[0] for names in _SAME for name in names}
    return tuple(firsts.get(theme, theme) for theme in themes)
