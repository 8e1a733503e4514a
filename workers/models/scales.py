"""How models want their pixels centred and scaled. No torch here."""

from dataclasses import dataclass

Triple = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a model's pixels are centred and scaled, for red, green and blue of 0 .. 1."""

    mean: Triple
    deviation: Triple


#: Of CLIP's training pictures (the code of Radford et al. 2021); BLIP has the same.
CLIP = Scale(
    mean=(0.48145466, 0.4578275, 0.40821073),
    deviation=(0.26862954, 0.26130258, 0.27577711),
)
#: To -1 .. 1, as ViT takes it (Dosovitskiy et al. 2021).
HALF = Scale(mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))
#: Of ImageNet's training pictures, as nearly every network trained on them takes it.
IMAGENET = Scale(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
