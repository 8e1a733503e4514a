"""A street at night after rain: neon signs, lit windows, and all of it again in the wet asphalt.

A small ray tracer: two rows of house fronts, signs that hang across the pavement, and a ground
that mirrors them through ripples and puddles. Lengths are in metres, the eye at 1.6 m.
"""

import numpy as np
from PIL import Image, ImageDraw

from demo.pictures import canvas, signs
from demo.pictures.canvas import Field

_HORIZON = 0.53
_EYE_M = 1.6
_HALF_STREET_M = 4.6
_HOUSE_M = 5.5
_BOUNCES = 5

#: colours of shop fronts and of the haze
_PINK, _CYAN, _AMBER, _VIOLET = (
    (1.0, 0.12, 0.50),
    (0.08, 0.75, 1.0),
    (1.0, 0.48, 0.10),
    (0.42, 0.15, 1.0),
)
_FRONTS = np.array([_AMBER, _PINK, _CYAN, _AMBER, _VIOLET, _CYAN, _PINK], dtype=np.float32)


def draw() -> Image.Image:
    """Return the finished picture."""
    right, up = canvas.rays(horizon=_HORIZON)
    zero = np.zeros_like(right)
    hanging = signs.hung()
    picture, reach = _seen(hanging, (zero, zero + _EYE_M, zero), (right, up))
    ground = _EYE_M / np.maximum(-up, 1e-4)
    rows = int(_HORIZON * canvas.ROWS)
    low = np.s_[rows:]
    street = _street(hanging, right[low], up[low], ground[low])
    on_ground = (ground[low] < reach[low]).astype(np.float32)
    picture[low] = canvas.blend(picture[low], street, on_ground)
    picture = canvas.cover(picture, _walker())
    return canvas.develop(
        canvas.glowing(picture, threshold=0.55, strength=0.55), exposure=0.76, vignette=0.55, seed=3
    )


def _seen(
    hanging: list[signs.Sign], origin: tuple[Field, Field, Field], slopes: tuple[Field, Field]
) -> tuple[Field, Field]:
    """Return colour and distance of what rays meet above the ground."""
    (x, y, z), (right, up) = origin, slopes
    side = np.where(right < 0.0, -1.0, 1.0).astype(np.float32)
    along = (side * _HALF_STREET_M - x) / np.where(np.abs(right) < 1e-5, side * 1e-5, right)
    along = np.clip(along, 0.05, 2000.0)
    far, height = z + along, y + up * along
    colour, tall = _front(far, height, side)
    solid = ((height < tall) & (far < 130.0)).astype(np.float32)
    fog = np.exp(-far / 42.0).astype(np.float32)
    colour = canvas.blend(_night(right, up), colour, solid * fog)
    reach = np.where(solid > 0.0, far, 1e6).astype(np.float32)
    for sign in sorted(hanging, key=lambda each: -each.z):
        ahead = sign.z - z
        light, opacity = sign.shine(x + right * ahead, y + up * ahead)
        front = opacity * ((ahead > 0.0) & (sign.z < reach))
        mist = float(np.exp(-sign.z / 60.0))
        colour = canvas.blend(colour, light * mist + 0.02, front.astype(np.float32))
    return colour, reach


def _night(right: Field, up: Field) -> Field:
    """Return the sky: city glow low down, deep blue above."""
    glow = np.exp(-np.hypot(right, up * 0.8) / 0.20)
    sky = canvas.gradient(
        ((0.0, (0.10, 0.05, 0.15)), (0.25, (0.035, 0.03, 0.085)), (0.7, (0.008, 0.012, 0.035))), up
    )
    return sky + canvas.tint(glow, (0.42, 0.14, 0.40))


def _front(z: Field, y: Field, side: Field) -> tuple[Field, Field]:
    """Return the colour of the fronts at distance `z` and height `y`, and how tall they are."""
    house = np.floor(z / _HOUSE_M) + np.where(side > 0.0, 0.0, 51.0)
    tall = (8.0 + 9.0 * _chance(house, 1.0)).astype(np.float32)
    brick = 0.010 + 0.022 * _chance(house, 2.0)
    colour = canvas.tint(brick.astype(np.float32), (0.8, 0.75, 1.25))
    # Windows: some dark, some with a lamp on, each household with its own white.
    column, row = np.floor(z / 1.1), np.floor((y - 3.6) / 1.7)
    in_x, in_y = z / 1.1 - column, (y - 3.6) / 1.7 - row
    pane = (np.abs(in_x - 0.5) < 0.30) & (np.abs(in_y - 0.5) < 0.34) & (y > 3.6) & (y < tall - 0.6)
    cross = (np.abs(in_x - 0.5) > 0.025) & (np.abs(in_y - 0.62) > 0.02)
    lamp = _chance(column + 17.0 * row, house)
    lit = (
        np.where(lamp > 0.62, 0.10 + 0.75 * (lamp - 0.62) / 0.38, 0.014)
        * (0.6 + 0.6 * in_y)
        * pane
        * cross
    )
    cool = (_chance(column, row + 3.0) > 0.7)[..., np.newaxis]
    colour = colour + lit[..., np.newaxis] * np.where(
        cool, canvas.flat((0.45, 0.75, 1.0)), canvas.flat((1.0, 0.62, 0.26))
    )
    shade = _FRONTS[np.mod(house, len(_FRONTS)).astype(int)]
    inside = z / _HOUSE_M - np.floor(z / _HOUSE_M)
    glass = (np.abs(inside - 0.5) < 0.40) & (y < 2.5) & (y > 0.5) & (np.mod(z, 1.3) > 0.08)
    strip = (np.abs(inside - 0.5) < 0.44) & (y > 2.75) & (y < 2.95)
    shelf = 0.82 + 0.18 * np.sin(9.0 * z + 5.0 * _chance(house, 4.0)) * np.sin(6.0 * y)
    light = 0.34 * glass * shelf * (0.15 + 0.16 * y * y) + 2.0 * strip
    wash = 0.10 * np.exp(-np.abs(y - 2.9) / 1.3)  # the neon colours the wall around it
    return (colour + (light + wash)[..., np.newaxis] * shade).astype(np.float32), tall


def _street(hanging: list[signs.Sign], right: Field, up: Field, ground: Field) -> Field:
    """Return wet asphalt: puddles mirror sharply, the rest smears the lights towards the eye."""
    x, z = right * ground, ground
    noise = canvas.fractal_noise(41, roughness=1.5)
    puddle = canvas.smoothstep(0.52, 0.66, canvas.sample(noise, x * 0.09 + 0.3, z * 0.05))
    grit = canvas.sample(noise, x * 0.9, z * 0.9)
    rough = 0.115 * (1.0 - puddle) + 0.006
    rng = np.random.default_rng(8)
    mirrored = np.zeros((*right.shape, 3), dtype=np.float32)
    for _ in range(_BOUNCES):
        tilt = rng.normal(0.0, 1.0, (2, *right.shape)).astype(np.float32)
        bent = right + 0.22 * rough * tilt[0]
        rise = np.maximum(-up + rough * (tilt[1] + 0.8 * (grit - 0.5)), 1e-3)
        seen, _ = _seen(
            hanging, (x, np.zeros_like(x), z), (bent.astype(np.float32), rise.astype(np.float32))
        )
        mirrored += np.minimum(seen, 4.0) / _BOUNCES
    gloss = (0.30 + 0.5 * puddle) * (0.55 + 0.45 * np.exp(up / 0.25)) * (0.75 + 0.5 * grit)
    asphalt = canvas.tint(0.012 + 0.02 * grit, (0.8, 0.7, 1.1))
    kerb = canvas.smoothstep(0.06, 0.02, np.abs(np.abs(x) - 3.1))
    lines = canvas.tint(0.03 * kerb, (1, 1, 1))
    wet: Field = asphalt + lines + mirrored * (gloss * (1.0 - 0.5 * kerb))[..., np.newaxis]
    return wet


def _chance(a: Field, b: Field | float) -> Field:
    """Return a fixed pseudo-random number in [0, 1) for each pair."""
    mixed = np.sin(a * 12.9898 + np.asarray(b) * 78.233) * 43758.5453
    spread: Field = (mixed - np.floor(mixed)).astype(np.float32)
    return spread


def _walker() -> Image.Image:
    """Return someone under an umbrella, seen from behind, with a long shadowy reflection."""
    sheet = canvas.transparent_sheet()
    pen = ImageDraw.Draw(sheet)
    x, feet, s = 0.465 * canvas.COLUMNS, 0.735 * canvas.ROWS, 3.3 * canvas.OVERSAMPLING
    for mirror, alpha in ((1.0, 150), (-1.0, 255)):
        dark, cloth = (10, 8, 16, alpha), (26, 10, 24, alpha)

        def at(dx: float, dy: float, flip: float = mirror) -> tuple[float, float]:
            return x + dx * s, feet + flip * dy * s

        pen.polygon([at(-4.5, 0), at(-1.5, 0), at(-0.4, 21), at(-5, 21)], fill=dark)
        pen.polygon([at(1.2, -0.5), at(4.2, -0.5), at(4.6, 21), at(0, 21)], fill=dark)
        pen.polygon(
            [at(-7, 15), at(7, 15), at(5.6, 40), at(2, 43), at(-2, 43), at(-5.6, 40)], fill=cloth
        )
        pen.polygon([at(5, 38), at(9, 30), at(6, 27), at(3, 33)], fill=cloth)
        pen.line([at(6.5, 30), at(5, 62)], fill=dark, width=int(0.7 * s))
        pen.ellipse([*_box(at(-3.4, 50), at(3.4, 42))], fill=dark)
        dome = [at(3 + 21 * np.cos(a), 50 + 13 * np.sin(a)) for a in np.linspace(0.0, np.pi, 40)]
        rim = [
            at(24 - 7 * k - 3.5, 51.5) if j else at(24 - 7 * k, 50)
            for k in range(6)
            for j in (0, 1)
        ]
        pen.polygon([*dome, at(-18, 50), *rim[::-1]], fill=(70, 10, 34, alpha))
    return sheet


def _box(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the two corners ordered as the drawing library wants them."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])
