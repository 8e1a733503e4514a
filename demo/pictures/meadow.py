"""A meadow in spring: fair-weather clouds, hazy hills, a blossoming tree, grass and flowers."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo.pictures import canvas
from demo.pictures.canvas import Field

_HORIZON = 0.50
_SKY = (
    (0.0, (0.74, 0.88, 1.00)),
    (0.12, (0.46, 0.72, 0.98)),
    (0.30, (0.22, 0.50, 0.92)),
    (0.60, (0.10, 0.32, 0.78)),
)
Point = tuple[float, float]
Shade = tuple[int, int, int]

_PETALS: tuple[Shade, ...] = (
    (250, 248, 240),
    (255, 214, 40),
    (236, 60, 62),
    (246, 130, 190),
    (150, 110, 230),
    (250, 248, 240),
)


def draw() -> Image.Image:
    """Return the finished picture."""
    right, up = canvas.rays(horizon=_HORIZON)
    picture = _sky(right, np.maximum(up, 1e-3))
    for layer in (_hills(), _meadow(), _tree()):
        picture = canvas.cover(picture, layer)
    for near, far, soft, seed in (
        (0.0, 0.35, 0.0, 1),
        (0.35, 0.75, 0.0, 2),
        (0.75, 1.0, 0.5, 3),
        (1.0, 1.25, 2.6, 4),
    ):
        picture = canvas.cover(picture, _growth(near, far, soft=soft, seed=seed))
    sun = np.exp(-np.hypot(right - 0.62, up - 0.50) / 0.42)
    picture += canvas.tint(0.20 * sun, (1.0, 0.93, 0.70))
    return canvas.develop(
        canvas.glowing(picture, threshold=0.95, strength=0.25), exposure=0.80, vignette=0.18, seed=4
    )


def _sky(right: Field, up: Field) -> Field:
    """Return blue air with heaped clouds: lit from the upper right, grey and flat below."""
    noise = canvas.fractal_noise(51, roughness=1.75)
    depth = 1.0 / (up + 0.30)
    x, z = right * depth * 0.22 + 0.42, depth * 0.30 + 0.05
    heap = 0.72 * canvas.sample(noise, x, z) + 0.28 * canvas.sample(noise, 3.3 * x, 3.6 * z)
    sunward = 0.72 * canvas.sample(noise, x + 0.010, z - 0.012)
    sunward += 0.28 * canvas.sample(noise, 3.3 * x + 0.02, 3.6 * z - 0.025)
    density = canvas.smoothstep(0.60, 0.76, heap) * canvas.smoothstep(0.02, 0.10, up)
    light = np.clip(
        0.62 + (heap - sunward) * 2.6 - 0.35 * canvas.smoothstep(0.66, 0.95, heap), 0.0, 1.0
    )
    cloud = canvas.gradient(
        ((0.0, (0.50, 0.58, 0.70)), (0.55, (0.90, 0.93, 0.98)), (1.0, (1.25, 1.22, 1.15))), light
    )
    return canvas.blend(canvas.gradient(_SKY, up), cloud, density * 0.96)


def _hills() -> Image.Image:
    """Return three ranges, each nearer one greener and less hazy."""
    # Transparent pixels of the haze's own colour: blurring must not draw a dark outline.
    sheet = Image.new("RGBA", (canvas.COLUMNS, canvas.ROWS), (150, 182, 208, 0))
    pen = ImageDraw.Draw(sheet)
    x = np.arange(0, canvas.COLUMNS + 4, 4.0)
    ranges = (
        (0.075, 61, 2.3, (150, 182, 208)),
        (0.045, 62, 2.1, (122, 166, 150)),
        (0.012, 63, 1.9, (98, 152, 92)),
    )
    for lift, seed, roughness, fill in ranges:
        ridge = canvas.fractal_noise(seed, size=512, roughness=roughness)[100]
        tops = (
            _HORIZON
            + 0.02
            - lift
            - 0.10 * (np.interp(x, np.linspace(0, canvas.COLUMNS, 512), ridge) - 0.4)
        ) * canvas.ROWS
        outline = [
            *zip(x.tolist(), tops.tolist(), strict=True),
            (canvas.COLUMNS, canvas.ROWS),
            (0, canvas.ROWS),
        ]
        pen.polygon(outline, fill=(*fill, 255))
        if roughness < 2.0:  # the nearest range carries woods
            _woods(pen, x, tops)
    return sheet.filter(ImageFilter.GaussianBlur(1.5))


def _woods(pen: ImageDraw.ImageDraw, x: Field, tops: Field) -> None:
    rng = np.random.default_rng(9)
    for _ in range(420):
        spot = (
            int(rng.beta(0.7, 1.0) * 0.62 * len(x))
            if rng.random() < 0.7
            else int(rng.uniform(0.6, 1.0) * len(x)) - 1
        )  # most stand on the left
        r = float(rng.uniform(5, 15))
        tone = float(rng.uniform(0.75, 1.1))
        px, py = float(x[spot]), float(tops[spot]) + float(rng.uniform(-8, 16))
        pen.ellipse(
            [px - r, py - r * 1.1, px + r, py + r],
            fill=(int(66 * tone), int(122 * tone), int(70 * tone), 255),
        )


def _meadow() -> Image.Image:
    """Return the ground under the grass: pale far away, deep green at the feet."""
    rows = np.linspace(0.0, 1.0, canvas.ROWS, dtype=np.float32)
    t = np.clip((rows - _HORIZON - 0.02) / (1.0 - _HORIZON), 0.0, 1.0)
    tones = canvas.gradient(((0.0, (150, 190, 96)), (0.25, (104, 160, 62)), (1.0, (34, 84, 26))), t)
    noise = canvas.fractal_noise(71, size=512, roughness=1.8)
    x, y = np.meshgrid(np.linspace(0, 0.8, canvas.COLUMNS), t**0.6 * 2.0)
    patches = 0.82 + 0.36 * canvas.sample(noise, x.astype(np.float32), y.astype(np.float32))
    colour = np.clip(tones[:, np.newaxis, :] * patches[..., np.newaxis], 0, 255).astype(np.uint8)
    edge = (_HORIZON + 0.02 + 0.008 * np.sin(np.linspace(0, 5, canvas.COLUMNS))) * canvas.ROWS
    alpha = (np.clip(np.arange(canvas.ROWS)[:, np.newaxis] - edge, 0, 4) * 63.75).astype(np.uint8)
    return Image.fromarray(np.dstack([colour, alpha]))


def _tree() -> Image.Image:
    """Return a cherry tree in blossom on the right, and its shadow on the grass."""
    sheet = canvas.transparent_sheet()
    pen = ImageDraw.Draw(sheet)
    rng = np.random.default_rng(33)
    foot = (0.80 * canvas.COLUMNS, 0.605 * canvas.ROWS)
    tips: list[Point] = []
    shadow = canvas.transparent_sheet()
    ImageDraw.Draw(shadow).ellipse(
        [foot[0] - 420, foot[1] - 30, foot[0] + 170, foot[1] + 46], fill=(22, 62, 24, 170)
    )
    _branch(pen, rng, foot, (-np.pi / 2 + 0.04, 190.0, 40.0), tips)
    for tip_x, tip_y in sorted(tips, key=lambda tip: tip[1]):
        for shade, count, lift in (
            ((176, 92, 122), 12, 13.0),
            ((226, 142, 172), 18, 2.0),
            ((250, 190, 208), 13, -9.0),
            ((255, 232, 238), 5, -18.0),
        ):
            for dx, dy, r in zip(
                rng.normal(0, 22, count),
                rng.normal(lift, 15, count),
                rng.uniform(3, 7.5, count),
                strict=True,
            ):
                px, py = tip_x + dx - lift * 0.5, tip_y + dy
                pen.ellipse([px - r, py - r, px + r, py + r], fill=(*shade, 255))
    return Image.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(14)), sheet)


def _branch(
    pen: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    start: Point,
    limb: tuple[float, float, float],
    tips: list[Point],
) -> None:
    """Draw one limb (angle, length, thickness) and what grows from it; note where blossoms sit."""
    angle, length, thick = limb
    end = (start[0] + length * np.cos(angle), start[1] + length * np.sin(angle))
    pen.line([start, end], fill=(70, 48, 42, 255), width=max(2, int(thick)))
    pen.ellipse(
        [end[0] - thick / 2, end[1] - thick / 2, end[0] + thick / 2, end[1] + thick / 2],
        fill=(70, 48, 42, 255),
    )
    if thick < 9.0:  # twigs carry flowers
        tips.append((float(end[0]), float(end[1])))
    if thick < 4.5:  # and end
        return
    for turn in (
        (-0.52, 0.05, 0.55) if thick < 30.0 else (-0.62, -0.1, 0.55)
    ):  # the trunk forks wide
        bent = angle + turn + float(rng.normal(0.0, 0.13))
        _branch(pen, rng, end, (bent, length * float(rng.uniform(0.62, 0.82)), thick * 0.6), tips)


def _growth(near: float, far: float, *, soft: float, seed: int) -> Image.Image:
    """Return grass and flowers between two depths (0 at the horizon, 1 at the lower edge)."""
    sheet = canvas.transparent_sheet()
    pen = ImageDraw.Draw(sheet)
    rng = np.random.default_rng(seed)
    depths = np.sort(rng.uniform(near, far, int(15000 * (far - near) / (0.35 + 2.0 * near))))
    for depth in depths.tolist():
        root = (
            float(rng.uniform(-40, canvas.COLUMNS + 40)),
            (_HORIZON + 0.035 + 0.47 * depth**1.25) * canvas.ROWS,
        )
        scale = 0.10 + depth**1.3
        _blade(pen, rng, root, scale)
        drift = 0.5 + 0.5 * np.sin(root[0] / 260.0 + 9.0 * depth) * np.sin(
            root[0] / 97.0 - 21.0 * depth
        )
        if rng.random() < 0.015 + 0.15 * drift**2:  # flowers grow in drifts
            _flower(pen, rng, (root[0] + 30.0 * scale, root[1]), scale)
    return sheet.filter(ImageFilter.GaussianBlur(soft * canvas.OVERSAMPLING)) if soft else sheet


def _blade(pen: ImageDraw.ImageDraw, rng: np.random.Generator, root: Point, scale: float) -> None:
    """Draw one blade of grass, bowed by the wind, its tip catching the light."""
    tall, lean = scale * float(rng.uniform(90, 190)), scale * float(rng.normal(16, 34))
    wide = max(1.2, scale * float(rng.uniform(4, 8)))
    t = np.linspace(0.0, 1.0, 7)
    x, y = root[0] + lean * t**2, root[1] - tall * (t - 0.18 * t**2 * abs(lean) / (tall + 1))
    half = wide * (1.0 - t) ** 0.8
    left = list(zip((x - half).tolist(), y.tolist(), strict=True))
    back = list(zip((x + half).tolist(), y.tolist(), strict=True))[::-1]
    light = float(rng.uniform(0.0, 1.0))
    haze = max(0.0, 0.45 - scale) * 60
    red, green, blue = 42 + 104 * light + haze, 106 + 92 * light + haze, 28 + 34 * light + haze
    pen.polygon(left + back, fill=(int(red), int(green), int(blue), 255))
    if scale > 0.3:  # a shaded edge is visible only near by
        pen.line(
            back[:5],
            fill=(int(red * 0.6), int(green * 0.66), int(blue * 0.6), 255),
            width=max(1, int(wide / 3)),
        )


def _flower(pen: ImageDraw.ImageDraw, rng: np.random.Generator, root: Point, scale: float) -> None:
    """Draw one flower on its stalk: petals around a heart, seen a little from above."""
    tall, lean = scale * float(rng.uniform(120, 230)), scale * float(rng.normal(10, 26))
    head = (root[0] + lean, root[1] - tall)
    pen.line(
        [root, (root[0] + lean * 0.3, root[1] - tall * 0.55), head],
        fill=(58, 116, 44, 255),
        width=max(1, int(4 * scale)),
    )
    shade = _PETALS[int(rng.integers(len(_PETALS)))]
    r, petals = (
        scale * float(rng.uniform(22, 32)),
        int(rng.integers(5, 9)) if shade[2] < 230 else 11,
    )  # the white ones are daisies
    turn, squash = float(rng.uniform(0, 6.28)), float(rng.uniform(0.55, 0.85))
    for k in range(petals):
        a = turn + 2 * np.pi * k / petals
        tone = 0.80 + 0.20 * np.sin(a - 0.8) * -1.0
        outer = (head[0] + r * np.cos(a), head[1] + r * squash * np.sin(a))
        width = r * 2.3 / petals
        side = (-np.sin(a) * width, np.cos(a) * width * squash)
        middle = (head[0] + 0.62 * r * np.cos(a), head[1] + 0.62 * r * squash * np.sin(a))
        petal = [
            head,
            (middle[0] + side[0], middle[1] + side[1]),
            outer,
            (middle[0] - side[0], middle[1] - side[1]),
        ]
        pen.polygon(petal, fill=(*(int(channel * min(tone, 1.0)) for channel in shade), 255))
    heart = 0.30 * r
    core = (120, 70, 20, 255) if shade[:2] == _PETALS[1][:2] else (250, 196, 40, 255)
    pen.ellipse(
        [head[0] - heart, head[1] - heart * squash, head[0] + heart, head[1] + heart * squash],
        fill=core,
    )
