"""A sunset over the sea: burning clouds, a path of light on the water, one small boat."""

import numpy as np
from PIL import Image, ImageDraw

from demo.pictures import canvas, water
from demo.pictures.canvas import Field

_HORIZON = 0.56
_SUN = (0.16, 0.062)
_SKY = (
    (0.0, (1.25, 0.50, 0.16)),
    (0.06, (1.05, 0.42, 0.17)),
    (0.16, (0.80, 0.29, 0.20)),
    (0.30, (0.42, 0.19, 0.26)),
    (0.50, (0.16, 0.12, 0.26)),
    (0.90, (0.04, 0.06, 0.18)),
)


def draw() -> Image.Image:
    """Return the finished picture."""
    right, up = canvas.rays(horizon=_HORIZON)
    clouds = canvas.fractal_noise(7, roughness=1.75)
    above = sky(clouds, right, np.maximum(up, 1e-3))
    below, _ = water.sea(
        right,
        np.minimum(up, -1e-3),
        lambda x, y: sky(clouds, x, y),
        deep=(0.012, 0.03, 0.06),
        steepness=0.30,
        seed=12,
    )
    picture = canvas.blend(below, above, canvas.smoothstep(-0.0012, 0.0012, up))
    # Sea air: the last strip before the horizon dissolves into the light.
    haze = np.exp(-np.abs(up) / 0.012) * 0.45
    picture = canvas.blend(picture, canvas.gradient(_SKY, np.zeros_like(up)) * 0.8, haze)
    picture = canvas.cover(picture, _headland())
    picture = canvas.cover(picture, _boat_and_birds())
    return canvas.develop(canvas.glowing(picture, strength=0.3), exposure=0.52, seed=1)


def sky(clouds: Field, right: Field, up: Field) -> Field:
    """Return the colour of the evening sky in the given directions."""
    away = np.hypot(right - _SUN[0], up - _SUN[1])
    colour = canvas.gradient(_SKY, up + 0.10 * np.abs(right - _SUN[0]))
    colour = colour + canvas.tint(np.exp(-away / 0.10), (1.6, 0.75, 0.22))
    colour += canvas.tint(np.exp(-away / 0.45), (0.45, 0.14, 0.05))
    colour += canvas.tint(canvas.smoothstep(0.043, 0.039, away), (9.0, 5.5, 2.2))
    density, rim = _cloud_cover(clouds, right, up)
    near_sun = np.exp(-away / 0.38)
    body = canvas.gradient(((0.0, (0.55, 0.20, 0.16)), (0.6, (0.14, 0.08, 0.15))), up)
    lit = body + canvas.tint(rim * (0.35 + 1.6 * near_sun), (1.5, 0.55, 0.20))
    lit += canvas.tint(near_sun * 0.35, (1.0, 0.35, 0.10))
    return canvas.blend(colour, lit, density * 0.92)


def _cloud_cover(clouds: Field, right: Field, up: Field) -> tuple[Field, Field]:
    """Return opacity and sunlit rim of a flat layer of clouds that recedes to the horizon."""
    depth = 1.0 / (up + 0.06)
    x, z = right * depth * 0.075 + 0.31, depth * 0.052 + 0.13
    thick = 0.72 * canvas.sample(clouds, x, z) + 0.28 * canvas.sample(clouds, 3.7 * x, 3.1 * z)
    # Towards the sun the layer is thinner where the rim catches light.
    ahead = 0.72 * canvas.sample(clouds, x, z + 0.014) + 0.28 * canvas.sample(
        clouds, 3.7 * x, 3.1 * z + 0.02
    )
    density = canvas.smoothstep(0.42, 0.74, thick) * canvas.smoothstep(0.012, 0.07, up)
    return density, np.clip((thick - ahead) * 3.5, 0.0, 1.0)


def _headland() -> Image.Image:
    """Return far hills on the left, darker in front."""
    sheet = canvas.transparent_sheet()
    draw_on = ImageDraw.Draw(sheet)
    base = _HORIZON * canvas.ROWS + 3
    x = np.arange(0, canvas.COLUMNS * 0.46, 2.0)
    for seed, tall, reach, fill in (
        (3, 64, 0.46, (112, 58, 66, 235)),
        (5, 92, 0.27, (58, 34, 50, 255)),
    ):
        ridge = canvas.fractal_noise(seed, size=512, roughness=1.6)[seed]
        rough = np.interp(x / (canvas.COLUMNS * 0.5) * 512, np.arange(512), ridge)
        slope = np.clip(1.0 - x / (canvas.COLUMNS * reach), 0.0, 1.0) ** 0.8
        tops = base - slope * tall * canvas.OVERSAMPLING * (0.45 + 0.6 * rough)
        outline = [*zip(x.tolist(), tops.tolist(), strict=True), (float(x[-1]), base), (0.0, base)]
        draw_on.polygon(outline, fill=fill)
    return sheet


def _boat_and_birds() -> Image.Image:
    """Return a sailing boat with its reflection, and a few gulls."""
    sheet = canvas.transparent_sheet()
    draw_on = ImageDraw.Draw(sheet)
    x, y, s = 0.40 * canvas.COLUMNS, _HORIZON * canvas.ROWS + 34, 2.0 * canvas.OVERSAMPLING
    dark = (30, 16, 26, 255)
    draw_on.polygon(
        [(x - 16 * s, y), (x + 15 * s, y), (x + 11 * s, y + 4 * s), (x - 13 * s, y + 4 * s)],
        fill=dark,
    )
    draw_on.line([(x, y), (x, y - 38 * s)], fill=dark, width=int(0.8 * s))
    draw_on.polygon(
        [(x + 1 * s, y - 37 * s), (x + 14 * s, y - 3 * s), (x + 1 * s, y - 3 * s)],
        fill=(52, 26, 34, 255),
    )
    draw_on.polygon(
        [(x - 1 * s, y - 34 * s), (x - 12 * s, y - 3 * s), (x - 1 * s, y - 3 * s)],
        fill=(70, 34, 38, 255),
    )
    for row in range(18):  # the reflection breaks up as it comes nearer
        sway = 5 * s * np.sin(row * 1.9) * row / 18
        half = (15 - 0.6 * row) * s
        draw_on.line(
            [
                (x - half + sway, y + (5 + 2.1 * row) * s),
                (x + half + sway, y + (5 + 2.1 * row) * s),
            ],
            fill=(24, 14, 26, 150 - 7 * row),
            width=int(1.2 * s),
        )
    for bird_x, bird_y, wing in (
        (0.66, 0.25, 13),
        (0.70, 0.22, 10),
        (0.735, 0.265, 8),
        (0.63, 0.29, 7),
    ):
        px, py, w = bird_x * canvas.COLUMNS, bird_y * canvas.ROWS, wing * canvas.OVERSAMPLING
        wings = [
            (px - w, py - 0.35 * w),
            (px - 0.4 * w, py - 0.55 * w),
            (px, py),
            (px + 0.45 * w, py - 0.5 * w),
            (px + w, py - 0.2 * w),
        ]
        draw_on.line(wings, fill=(40, 20, 36, 255), width=canvas.OVERSAMPLING + 1, joint="curve")
    return sheet
