"""A thunderstorm at sea: lightning inside the clouds, curtains of rain, a lighthouse."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo.pictures import canvas, water
from demo.pictures.canvas import Field

_HORIZON = 0.64
_STRIKE = -0.24
_SKY = (
    (0.0, (0.120, 0.150, 0.165)),
    (0.08, (0.085, 0.110, 0.125)),
    (0.35, (0.030, 0.042, 0.052)),
    (0.90, (0.012, 0.017, 0.024)),
)
_FLASH = (0.62, 0.70, 1.0)


def draw() -> Image.Image:
    """Return the finished picture."""
    right, up = canvas.rays(horizon=_HORIZON)
    noise = canvas.fractal_noise(21, roughness=1.65)
    above = _sky(noise, right, np.maximum(up, 1e-3))
    picture = canvas.blend(_sea(noise, right, up), above, canvas.smoothstep(-0.002, 0.002, up))
    picture += _lightning()
    picture = canvas.cover(picture, _lighthouse())
    picture = canvas.cover(picture, _cliff())
    picture += _beam(right, up)
    picture = _rain(picture)
    return canvas.develop(
        canvas.glowing(picture, strength=0.35), exposure=1.25, vignette=0.5, seed=2
    )


def _sky(noise: Field, right: Field, up: Field) -> Field:
    """Return towering clouds, torn at their base and lit from inside by the flash."""
    warp = 0.35 * np.sin(5.0 * right + 3.0 * up) * np.sin(7.0 * up - 2.0 * right + 1.0)
    depth = 1.0 / (up + 0.22)
    x, z = right * depth * 0.16 + 0.10 * warp, depth * 0.13 + 0.12 * warp
    billow = 0.65 * canvas.sample(noise, x, z) + 0.25 * canvas.sample(noise, 3.1 * x, 2.9 * z)
    billow += 0.10 * canvas.sample(noise, 8.3 * x, 7.9 * z)
    lift = 0.65 * canvas.sample(noise, x, z + 0.012) + 0.25 * canvas.sample(
        noise, 3.1 * x, 2.9 * z + 0.02
    )
    relief = np.clip((0.9 * billow - lift) * 3.2 + 0.28, 0.0, 1.0)
    colour = (
        canvas.gradient(_SKY, up) * (0.30 + 1.9 * billow * relief + 0.5 * relief)[..., np.newaxis]
    )
    core = np.exp(-(((right - _STRIKE) / 0.26) ** 2) - ((up - 0.52) / 0.16) ** 2)
    spill = np.exp(-(((right - _STRIKE) / 0.55) ** 2) - ((up - 0.45) / 0.40) ** 2)
    colour += canvas.tint((0.9 * core + 0.20 * spill) * (0.10 + 1.2 * relief * billow), _FLASH)
    # Rain hangs below the clouds in slanted veils.
    veil = canvas.sample(noise, (right + 0.35 * up) * 1.1 + 0.5, up * 0.07)
    veil = canvas.smoothstep(0.45, 0.85, veil) * canvas.smoothstep(0.42, 0.05, up)
    return canvas.blend(colour, colour * 0.25 + canvas.flat((0.05, 0.062, 0.07)), veil * 0.75)


def _sea(noise: Field, right: Field, up: Field) -> Field:
    """Return steep dark water, foam on its crests, the flash broken up in it."""
    down = np.minimum(up, -1e-3)
    colour, height = water.sea(
        right,
        down,
        lambda x, y: _sky(noise, x, y) + _flash_column(x, y),
        deep=(0.012, 0.026, 0.030),
        steepness=0.62,
        seed=31,
    )
    distance = -1.0 / down
    lace = canvas.sample(noise, right * distance * 0.9, distance * 0.55)
    fine = canvas.sample(noise, right * distance * 3.7, distance * 2.1)
    foam = canvas.smoothstep(0.12, 0.55, height) * canvas.smoothstep(
        0.50, 0.85, 0.5 * (lace + fine)
    )
    spray = np.exp(-np.abs(up) / 0.02) * 0.5
    colour = canvas.blend(colour, canvas.flat((0.34, 0.40, 0.43)), foam * 0.8)
    return canvas.blend(colour, canvas.flat((0.10, 0.125, 0.135)), spray)


def _flash_column(right: Field, up: Field) -> Field:
    """Return the bolt as the water sees it: a blurred column of light."""
    column = np.exp(-(((right - _STRIKE) / 0.035) ** 2)) * canvas.smoothstep(0.62, 0.30, up)
    return canvas.tint(1.4 * column, _FLASH)


def _lightning() -> Field:
    """Return the light of the bolt: a white core in a violet haze."""
    sheet = Image.new("L", (canvas.COLUMNS, canvas.ROWS))
    draw_on = ImageDraw.Draw(sheet)
    rng = np.random.default_rng(17)
    top = (0.5 + _STRIKE / 1.5) * canvas.COLUMNS + 30.0
    trunk = _fork(rng, (top, 0.10 * canvas.ROWS), (top - 50.0, _HORIZON * canvas.ROWS), sway=0.13)
    draw_on.line(trunk, fill=255, width=7, joint="curve")
    for place, reach, width in (
        (0.18, 0.30, 3),
        (0.34, -0.34, 4),
        (0.5, 0.24, 3),
        (0.66, -0.16, 2),
        (0.27, -0.2, 2),
    ):
        start = trunk[int(place * len(trunk))]
        end = (
            start[0] + reach * 0.62 * canvas.ROWS,
            start[1] + (0.16 + 0.5 * abs(reach)) * 0.62 * canvas.ROWS,
        )
        twig = _fork(rng, start, end, sway=0.16)
        draw_on.line(twig, fill=185, width=width, joint="curve")
        draw_on.line(
            _fork(rng, twig[40], (twig[40][0] + 60 * np.sign(reach), twig[40][1] + 150), sway=0.2),
            fill=90,
            width=2,
        )
    core = np.asarray(sheet, dtype=np.float32) / 255.0
    near, far = canvas.blurred(core, 3.0), canvas.blurred(core, 16.0)
    return (
        canvas.tint(core, (5.0, 5.2, 6.0))
        + canvas.tint(near, (1.0, 1.1, 2.0))
        + canvas.tint(far, (1.1, 1.1, 2.6))
    )


def _fork(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], *, sway: float
) -> list[tuple[float, float]]:
    """Return a jagged path, made by pushing the middle of each piece aside, over and over."""
    path = np.array([start, end])
    for _ in range(7):
        piece = np.diff(path, axis=0)
        aside = np.stack([-piece[:, 1], piece[:, 0]], axis=1)
        middle = path[:-1] + piece / 2 + aside * rng.normal(0.0, sway, (len(piece), 1))
        path = np.insert(path, np.arange(1, len(path)), middle, axis=0)
    return [(float(x), float(y)) for x, y in path]


def _cliff() -> Image.Image:
    """Return the rock on the right, with surf at its foot."""
    sheet = canvas.transparent_sheet()
    ridge = canvas.fractal_noise(9, size=512, roughness=1.9)[40]
    x = np.arange(0.66 * canvas.COLUMNS, canvas.COLUMNS + 4, 3.0)
    run = (x / canvas.COLUMNS - 0.66) / 0.34
    tops = (
        _HORIZON
        + 0.035
        - 0.19 * canvas.smoothstep(0.0, 0.62, run)
        - 0.045 * (np.interp(run * 511, np.arange(512), ridge) - 0.5)
    ) * canvas.ROWS
    foot = (
        _HORIZON + 0.05 + 0.09 * run + 0.004 * np.sin(run * 31) + 0.003 * np.sin(run * 13 + 2)
    ) * canvas.ROWS
    outline = [
        *zip(x.tolist(), tops.tolist(), strict=True),
        *zip(x[::-1].tolist(), foot[::-1].tolist(), strict=True),
    ]
    ImageDraw.Draw(sheet).polygon(outline, fill=(16, 20, 23, 255))
    return Image.alpha_composite(sheet.filter(ImageFilter.GaussianBlur(1.2)), _surf(x, foot))


def _surf(x: Field, foot: Field) -> Image.Image:
    """Return the white water along the foot of the rock, spot by soft spot."""
    rng = np.random.default_rng(5)
    foam = np.zeros((canvas.ROWS, canvas.COLUMNS), dtype=np.float32)
    surge = rng.gamma(0.9, 9.0, len(x) // 8 + 1).repeat(8)[: len(x)]  # some stretches break harder
    many = np.repeat(np.arange(len(x)), surge.astype(int))
    columns = x[many] + rng.normal(0.0, 14.0, len(many))
    rows = foot[many] - rng.gamma(1.4, 11.0, len(many)) + 16.0
    inside = (columns > 0) & (columns < canvas.COLUMNS) & (rows > 0) & (rows < canvas.ROWS)
    np.add.at(foam, (rows[inside].astype(int), columns[inside].astype(int)), 1.0)
    foam = np.clip(canvas.blurred(foam, 0.9) * 2.2 + canvas.blurred(foam, 5.0) * 5.0, 0.0, 0.62)
    sheet = Image.new("RGBA", (canvas.COLUMNS, canvas.ROWS), (150, 162, 168, 0))
    sheet.putalpha(Image.fromarray((foam * 255).astype(np.uint8)))
    return sheet


def _lighthouse() -> Image.Image:
    """Return the tower on the rock, its lamp lit."""
    sheet = canvas.transparent_sheet()
    draw_on = ImageDraw.Draw(sheet)
    x, base, top = (
        _LAMP[0] * canvas.COLUMNS,
        (_HORIZON - 0.13) * canvas.ROWS,
        _LAMP[1] * canvas.ROWS,
    )
    for step in range(6):
        low, high = base + (top - base) * step / 6, base + (top - base) * (step + 1) / 6
        a, b = 26 - 1.7 * step, 26 - 1.7 * (step + 1)
        light, dark = (
            ((78, 86, 92), (34, 38, 42)) if step % 2 == 0 else ((72, 30, 32), (34, 15, 17))
        )
        draw_on.polygon(
            [(x - a, low), (x + a, low), (x + b, high), (x - b, high)], fill=(*light, 255)
        )
        right_half = [(x + a * 0.2, low), (x + a, low), (x + b, high), (x + b * 0.2, high)]
        draw_on.polygon(right_half, fill=(*dark, 255))
    draw_on.rectangle([x - 21, top - 4, x + 21, top + 3], fill=(20, 22, 24, 255))
    draw_on.rectangle([x - 11, top - 26, x + 11, top - 4], fill=(255, 226, 150, 255))
    draw_on.polygon([(x - 16, top - 26), (x + 16, top - 26), (x, top - 46)], fill=(24, 24, 26, 255))
    return sheet


_LAMP = (0.90, 0.285)


def _beam(right: Field, up: Field) -> Field:
    """Return the light of the lamp and its beam, cut out of the rain towards the left."""
    dx = right - (_LAMP[0] - 0.5) * 1.5
    dy = up - (_HORIZON - _LAMP[1] + 0.018)
    length = np.maximum(-dx, 1e-4)
    beam = np.exp(-(((dy - 0.13 * length) / (0.012 + 0.085 * length)) ** 2)) * np.exp(
        -length / 0.45
    )
    beam = np.where(dx < 0.0, beam, 0.0).astype(np.float32)
    lamp = np.exp(-np.hypot(dx, dy) / 0.014)
    return canvas.tint(0.22 * beam, (1.0, 0.88, 0.6)) + canvas.tint(2.2 * lamp, (1.0, 0.8, 0.45))


def _rain(picture: Field) -> Field:
    """Lay three depths of slanted rain over the picture, the nearest out of focus."""
    rng = np.random.default_rng(23)
    for count, length, width, soft, strength in (
        (5200, 30, 1, 0.4, 0.07),
        (900, 90, 2, 0.8, 0.07),
        (70, 230, 4, 2.4, 0.09),
    ):
        sheet = Image.new("L", (canvas.COLUMNS, canvas.ROWS))
        draw_on = ImageDraw.Draw(sheet)
        for x, y, stretch in zip(
            rng.uniform(-100, canvas.COLUMNS + 300, count),
            rng.uniform(-200, canvas.ROWS, count),
            rng.uniform(0.6, 1.3, count),
            strict=True,
        ):
            draw_on.line(
                [(x, y), (x - 0.30 * length * stretch, y + length * stretch)],
                fill=int(150 + 80 * (stretch - 0.6)),
                width=width,
            )
        drops = canvas.blurred(np.asarray(sheet, dtype=np.float32) / 255.0, soft)
        picture = picture + canvas.tint(drops * strength, (0.72, 0.82, 0.92))
    return picture
