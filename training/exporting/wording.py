"""What a model card says beyond the facts of one model."""

PURPOSE = """\
Reads which of a few emotions people feel before a picture, as shares of a whole: a share of 0.4 is
a guess that four in ten people would name that one."""

MEASURING = """\
The valid part chose the epoch and the temperature: its figures are a little too good. `sightsong
evaluate` measures on the test part, and writes a report with intervals and plots."""

LIMITS = """\
For choosing music by a photo, for sorting one's own photos, and for research on such data. It tells
what a picture is like to look at; it does not tell what anybody in it feels, thinks or is.

- **Not** for judging people: not for hiring, lending, policing, diagnosis, or watching anybody.
- It has seen the pictures of its data set, rated by the people who were asked there. Other
  cultures, times and kinds of pictures may read otherwise; all figures are of that data set alone.
- Whether it treats all groups of people alike was not measured, unless a figure above says so.
- It answers for every picture, for one of nothing, too. A flat distribution means: not sure."""

_USE = """\
```sh
export SIGHTSONG_EMOTION_CHECKPOINT={folder}
sightsong doctor           # names it, and tries it
sightsong up               # the lite profile runs model.onnx; with --profile full torch may run it
```

`SIGHTSONG_EMOTION_RUNTIME` chooses between `torch` (model.safetensors) and `onnx` (model.onnx)."""

#: What is known of the terms of the data sets that there are readers for, by how their name begins.
_LICENCES = {
    "emotion6": (
        "Emotion6 (Peng, Chen, Sadovnik and Gallagher, CVPR 2015) may not be passed on; its "
        "authors hand it out."
    ),
    "fer+": (
        "The votes of FER+ (Barsoum and others 2016) are under the MIT licence; the faces are "
        "those of FER-2013, which were collected from the web and have no licence of their own."
    ),
    "fer": (
        "The faces of FER-2013 (Goodfellow and others 2013) were collected from the web and have "
        "no licence of their own."
    ),
    "oasis": ("The photos of OASIS (Kurdi, Lozano and Banaji 2017) have terms of their own, each."),
}
_ALWAYS = (
    "Whoever passes these weights on should know the terms of the pictures, and of the backbone "
    "where training began from one: nobody here can give rights in those."
)


def use_of(folder: str) -> str:
    """Say how a service is started with a classifier.

    Args:
        folder: as a shell takes it.
    """
    return _USE.format(folder=folder)


def licence_of(data: str) -> str:
    """Say what is known of the terms of a data set, by its name."""
    lower = data.lower().replace("ferplus", "fer+")
    known = next((text for name, text in _LICENCES.items() if lower.startswith(name)), "")
    return f"{known} {_ALWAYS}".strip()
