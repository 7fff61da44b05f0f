"""What the demo blog's pictures are painted with: colours, outlines, and things made of them. See paint.py.

Flat shapes with a little light on them. Everything is a polygon in the picture's own pixels; colours are hex texts.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

Point = tuple[float, float]
Shape = list[Point]
S = 2  # drawn twice as large, then made smaller: smooth edges
TALL, WIDE = (1000, 1500), (1600, 1067)

CREAM, SAND, BLUSH, CLAY, RUST = "#f6eee1", "#e9d8bf", "#ecc9b6", "#c9714f", "#9c4a33"
SAGE, LEAF, PINE, MINT, OLIVE = "#a9bb9c", "#5f8f5c", "#2f5a4a", "#d8e5d2", "#8c8f4a"
MUSTARD, AMBER, LEMON, NAVY, SKY = "#e2aa3f", "#d9822b", "#f2d35b", "#2d3f57", "#c9dfe6"
PLUM, BERRY, ROSE, WOOD, DARK = "#5a3650", "#a3264a", "#d96a7b", "#b98a5c", "#3d2e2a"
WHITE, SNOW, STONE, TOMATO = "#fffaf2", "#eef3f4", "#c9c2b6", "#d2452f"


def mix(one: str, other: str, share: float) -> str:
    a, b = ImageColor.getrgb(one), ImageColor.getrgb(other)
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a[:3], b[:3], strict=True))


def darker(colour: str, share: float = 0.18) -> str:
    return mix(colour, "#2a1a18", share)


def lighter(colour: str, share: float = 0.25) -> str:
    return mix(colour, "#ffffff", share)


# ---- shapes ----


def turned(points: Shape, x: float, y: float, degrees: float) -> Shape:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c) for px, py in points]


def oval(x: float, y: float, rx: float, ry: float | None = None, *, start: float = 0, end: float = 360) -> Shape:
    ry = rx if ry is None else ry
    steps = 96
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def box(x0: float, y0: float, x1: float, y1: float, r: float = 0) -> Shape:
    if r <= 0:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    corners = [(x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180), (x1 - r, y0 + r, 270)]
    return [point for cx, cy, a in corners for point in oval(cx, cy, r, start=a, end=a + 90)]


def blade(x: float, y: float, length: float, width: float, degrees: float, bend: float = 0.0) -> Shape:
    """A leaf that grows from (x, y); 0 degrees points up."""
    side = [(t / 20, math.sin(math.pi * (t / 20) ** 0.8) * width / 2) for t in range(21)]
    curve = [bend * length * (t**2) for t, _ in side]
    right = [(x + w + c, y - t * length) for (t, w), c in zip(side, curve, strict=True)]
    left = [(x - w + c, y - t * length) for (t, w), c in zip(side, curve, strict=True)]
    return turned(right + left[::-1], x, y, degrees)


def soft(points: Shape, rounds: int = 3) -> Shape:
    """Round a closed outline (Chaikin's cutting of corners)."""
    for _ in range(rounds):
        pairs = zip(points, points[1:] + points[:1], strict=True)
        points = [
            p
            for (ax, ay), (bx, by) in pairs
            for p in ((0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by))
        ]
    return points


def stroke(points: Sequence[Point], width: float) -> Shape:
    """A line with a width, thinner towards its end."""
    left: Shape = []
    right: Shape = []
    for n, (x, y) in enumerate(points):
        ax, ay = points[max(0, n - 1)]
        bx, by = points[min(len(points) - 1, n + 1)]
        long = math.hypot(bx - ax, by - ay) or 1
        half = width / 2 * (1 - 0.6 * n / len(points))
        left.append((x - (by - ay) / long * half, y + (bx - ax) / long * half))
        right.append((x + (by - ay) / long * half, y - (bx - ax) / long * half))
    return left + right[::-1]


class Scene:
    """One picture under work."""

    def __init__(self, size: tuple[int, int], wall: str, *, seed: str) -> None:
        self.w, self.h = size
        self.random = random.Random(seed)  # noqa: S311  # the same picture every time, not a secret
        self.image = Image.new("RGB", (self.w * S, self.h * S), wall)
        self.shape(box(0, 0, self.w, self.h), lighter(wall, 0.18), to=darker(wall, 0.06))

    def shape(
        self,
        points: Shape,
        colour: str,
        *,
        to: str = "",
        shadow: float = 0,
        alpha: float = 1,
        blur: float = 0,
        side: bool = False,
    ) -> None:
        """Fill an outline, from `colour` to `to` (down, or across with `side`). `shadow` is how far it throws one."""
        pad = 3 * (shadow + blur) + 4
        x0, y0 = int((min(x for x, _ in points) - pad) * S), int((min(y for _, y in points) - pad) * S)
        x1, y1 = int((max(x for x, _ in points) + pad) * S), int((max(y for _, y in points) + pad) * S)
        size = (max(1, x1 - x0), max(1, y1 - y0))
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x * S - x0, y * S - y0) for x, y in points], fill=round(255 * alpha))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * S))
        if shadow:
            dark = ImageChops.offset(mask, int(shadow * S * 0.5), int(shadow * S * 0.8))
            dark = dark.filter(ImageFilter.GaussianBlur(shadow * S * 0.7)).point(lambda value: int(value * 0.32))
            self.image.paste("#2a1a18", (x0, y0), dark)
        if not to:
            self.image.paste(colour, (x0, y0), mask)
            return
        ramp = Image.linear_gradient("L")
        ramp = (ramp.rotate(90) if side else ramp).resize(size)
        self.image.paste(
            Image.composite(Image.new("RGB", size, to), Image.new("RGB", size, colour), ramp), (x0, y0), mask
        )

    def done(self) -> Image.Image:
        """Lay light, a vignette and a breath of paper over it and give the finished picture."""
        self.shape(
            [(0, -80), (self.w * 0.55, -80), (self.w * 1.05, self.h), (self.w * 0.5, self.h)],
            WHITE,
            alpha=0.07,
            blur=60,
        )
        image = self.image.resize((self.w, self.h), Image.Resampling.LANCZOS)
        grain = Image.effect_noise((self.w // 3, self.h // 3), 20).resize(image.size, Image.Resampling.BICUBIC)
        return Image.blend(image, ImageChops.overlay(image, Image.merge("RGB", (grain,) * 3)), 0.12)


# ---- things ----


def table(s: Scene, y: float, colour: str, *, planks: bool = False) -> None:
    s.shape(box(-5, y, s.w + 5, s.h + 5), colour, to=darker(colour, 0.16))
    s.shape(box(-5, y, s.w + 5, y + 7), lighter(colour, 0.3), alpha=0.6)
    if planks:
        for n in range(1, 4):
            s.shape(box(-5, y + n * (s.h - y) / 4, s.w + 5, y + n * (s.h - y) / 4 + 4), darker(colour, 0.3), alpha=0.35)


def cloth(s: Scene, colour: str, other: str, step: float = 90) -> None:
    """A checked cloth seen from above."""
    for n in range(int(max(s.w, s.h) / step) + 2):
        s.shape(box(n * step, -5, n * step + step / 2, s.h + 5), other, alpha=0.4)
        s.shape(box(-5, n * step, s.w + 5, n * step + step / 2), other, alpha=0.4)
    s.shape(box(0, 0, s.w, s.h), colour, alpha=0.12)


def window(s: Scene, x: float, y: float, w: float, h: float, sky: str, ground: str) -> None:
    s.shape(box(x - 22, y - 22, x + w + 22, y + h + 22, 10), WHITE, to=SAND, shadow=16)
    s.shape(box(x, y, x + w, y + h), lighter(sky, 0.3), to=sky)
    s.shape(
        soft(
            [
                (x, y + h),
                (x, y + h * 0.72),
                (x + w * 0.35, y + h * 0.6),
                (x + w * 0.7, y + h * 0.74),
                (x + w, y + h * 0.62),
                (x + w, y + h),
            ],
            2,
        ),
        ground,
    )
    s.shape(box(x, y + h * 0.86, x + w, y + h), ground)
    s.shape(oval(x + w * 0.72, y + h * 0.25, w * 0.09), lighter(LEMON, 0.5))
    for bar in (box(x + w / 2 - 7, y, x + w / 2 + 7, y + h), box(x, y + h * 0.45, x + w, y + h * 0.45 + 13)):
        s.shape(bar, WHITE, to=SAND)
    s.shape(box(x - 50, y + h + 18, x + w + 50, y + h + 48, 8), WHITE, to=STONE, shadow=12)


def steam(s: Scene, x: float, y: float, size: float) -> None:
    for n in (-1, 0, 1):
        line = [(x + n * size * 0.4 + math.sin(t * 1.1 + n) * size * 0.12, y - t * size * 0.13) for t in range(12)]
        s.shape(stroke(line, size * 0.13), WHITE, alpha=0.32, blur=size * 0.06)


def sprig(s: Scene, x: float, y: float, size: float, colour: str, degrees: float = 0, pairs: int = 5) -> None:
    tip = turned([(x, y - size)], x, y, degrees)[0]
    s.shape(
        stroke([(x + (tip[0] - x) * t / 10, y + (tip[1] - y) * t / 10) for t in range(11)], size * 0.04),
        darker(colour, 0.25),
    )
    for n in range(pairs):
        t = 0.2 + 0.75 * n / pairs
        px, py = x + (tip[0] - x) * t, y + (tip[1] - y) * t
        for turn in (-58, 58):
            s.shape(
                blade(px, py, size * (0.42 - 0.2 * t), size * 0.17, degrees + turn),
                lighter(colour, 0.1),
                to=darker(colour, 0.12),
                shadow=2,
            )
    s.shape(blade(*tip, size * 0.2, size * 0.12, degrees), lighter(colour, 0.15), to=colour)


def bowl(s: Scene, x: float, y: float, r: float, colour: str, content: str, tops: Sequence[str] = ()) -> None:
    """A bowl seen a little from above; (x, y) is the middle of its rim."""
    s.shape(oval(x, y + r * 0.8, r * 0.8, r * 0.16), "#2a1a18", alpha=0.3, blur=r * 0.06)
    s.shape([*oval(x, y, r, r * 0.82, start=0, end=180)], lighter(colour, 0.15), to=darker(colour, 0.2), side=True)
    s.shape(box(x - r * 0.36, y + r * 0.72, x + r * 0.36, y + r * 0.86, r * 0.05), darker(colour, 0.2))
    s.shape(oval(x, y, r, r * 0.32), lighter(colour, 0.4))
    s.shape(oval(x, y + r * 0.015, r * 0.93, r * 0.285), darker(colour, 0.3))
    s.shape(oval(x, y + r * 0.04, r * 0.88, r * 0.25), lighter(content, 0.12), to=content)
    scatter(s, x, y + r * 0.03, r * 0.62, r * 0.15, r * 0.075, tops, 16)


def scatter(
    s: Scene, x: float, y: float, rx: float, ry: float, size: float, colours: Sequence[str], count: int
) -> None:
    for n in range(count if colours else 0):
        a, d = n * 2.4, math.sqrt((n + 0.5) / count)
        px, py = x + rx * d * math.cos(a), y + ry * d * math.sin(a)
        colour = colours[n % len(colours)]
        part = soft(
            [(px + size * math.cos(k) * s.random.uniform(0.6, 1.1), py + size * 0.8 * math.sin(k)) for k in range(6)]
        )
        s.shape(part, lighter(colour, 0.15), to=darker(colour, 0.15), shadow=size * 0.12)


def berries(
    s: Scene, x: float, y: float, rx: float, ry: float, size: float, colours: Sequence[str], count: int
) -> None:
    for n in range(count):
        a, d = n * 2.4, math.sqrt((n + 0.4) / count)
        px, py = x + rx * d * math.cos(a), y + ry * d * math.sin(a)
        colour = colours[n % len(colours)]
        s.shape(oval(px, py, size), lighter(colour, 0.12), to=darker(colour, 0.3), shadow=size * 0.2)
        s.shape(oval(px - size * 0.3, py - size * 0.35, size * 0.2, size * 0.14), WHITE, alpha=0.55)


def plate(s: Scene, x: float, y: float, r: float, colour: str) -> None:
    s.shape(oval(x, y, r), lighter(colour, 0.3), to=darker(colour, 0.08), shadow=r * 0.07)
    s.shape(oval(x, y, r * 0.74), darker(colour, 0.1), to=lighter(colour, 0.2))
    s.shape(oval(x, y, r * 0.71), lighter(colour, 0.12))


def pumpkin(s: Scene, x: float, y: float, r: float, colour: str) -> None:
    s.shape(oval(x, y + r * 0.72, r * 1.05, r * 0.16), "#2a1a18", alpha=0.3, blur=r * 0.06)
    for off, wide in ((-0.62, 0.5), (0.62, 0.5), (-0.34, 0.52), (0.34, 0.52), (0, 0.5)):
        shade = darker(colour, 0.24 * abs(off) + 0.02)
        s.shape(oval(x + off * r, y, r * wide, r * 0.75), lighter(shade, 0.16), to=darker(shade, 0.18))
    s.shape(
        stroke([(x, y - r * 0.66), (x + r * 0.04, y - r * 0.85), (x + r * 0.2, y - r * 1.02)], r * 0.22),
        OLIVE,
        to=darker(OLIVE),
    )


def pot(s: Scene, x: float, y: float, w: float, colour: str) -> None:
    """A flower pot standing on y."""
    h = w * 0.9
    s.shape(oval(x, y, w * 0.5, w * 0.09), "#2a1a18", alpha=0.3, blur=w * 0.05)
    s.shape(
        [(x - w * 0.44, y - h), (x + w * 0.44, y - h), (x + w * 0.33, y), (x - w * 0.33, y)],
        lighter(colour, 0.18),
        to=darker(colour, 0.2),
        side=True,
    )
    s.shape(
        box(x - w * 0.5, y - h - w * 0.13, x + w * 0.5, y - h + w * 0.08, w * 0.03),
        lighter(colour, 0.25),
        to=darker(colour, 0.12),
        side=True,
        shadow=w * 0.03,
    )


def bush(s: Scene, x: float, y: float, size: float, colour: str, count: int = 26, slim: float = 0.34) -> None:
    for n in range(count):
        turn = -80 + 160 * ((n * 0.618) % 1)
        length = size * s.random.uniform(0.55, 1.0)
        tone = mix(darker(colour, 0.25), lighter(colour, 0.3), s.random.random())
        s.shape(
            blade(x + turn * size * 0.002, y, length, length * slim, turn, turn / 600),
            lighter(tone, 0.1),
            to=tone,
            shadow=2,
        )


def jar(s: Scene, x: float, y: float, w: float, h: float, content: str, tops: Sequence[str], lid: str = STONE) -> None:
    s.shape(oval(x, y, w * 0.55, w * 0.08), "#2a1a18", alpha=0.3, blur=w * 0.05)
    s.shape(box(x - w / 2, y - h, x + w / 2, y, w * 0.14), lighter(content, 0.35), to=darker(content, 0.08), side=True)
    for n in range(22 if tops else 0):
        px, py = x + (n % 4 - 1.5) * w * 0.21 + s.random.uniform(-6, 6), y - h * (0.08 + 0.72 * (n // 4) / 5.2)
        part = oval(px, py, w * 0.13, w * 0.1)
        s.shape(
            turned(part, px, py, s.random.uniform(-40, 40)),
            lighter(tops[n % len(tops)], 0.1),
            to=tops[n % len(tops)],
            shadow=2,
        )
    s.shape(box(x - w * 0.5, y - h, x + w * 0.5, y, w * 0.14), WHITE, alpha=0.12)
    s.shape(box(x - w * 0.4, y - h * 0.9, x - w * 0.31, y - h * 0.15, w * 0.04), WHITE, alpha=0.45)
    s.shape(
        box(x - w * 0.46, y - h * 1.14, x + w * 0.46, y - h * 0.97, w * 0.05),
        lighter(lid, 0.2),
        to=darker(lid, 0.2),
        side=True,
        shadow=4,
    )


def loaf(s: Scene, x: float, y: float, r: float) -> None:
    s.shape(oval(x, y + r * 0.5, r * 1.1, r * 0.14), "#2a1a18", alpha=0.32, blur=r * 0.05)
    body = soft(
        [
            (x - r * 1.12, y + r * 0.5),
            (x - r * 1.1, y - r * 0.1),
            (x - r * 0.5, y - r * 0.66),
            (x + r * 0.5, y - r * 0.66),
            (x + r * 1.1, y - r * 0.1),
            (x + r * 1.12, y + r * 0.5),
        ]
    )
    s.shape(body, "#d9a15c", to="#8a4f26", shadow=r * 0.04)
    for n in range(-2, 3):
        cx = x + n * r * 0.36
        s.shape(turned(blade(cx, y + r * 0.2, r * 0.72, r * 0.2, 14), cx, y, 8), "#f4ddb2", to="#e2b77a")
        s.shape(turned(blade(cx + r * 0.05, y + r * 0.16, r * 0.6, r * 0.07, 14), cx, y, 8), "#c98a4a", alpha=0.6)
    scatter(s, x, y - r * 0.1, r * 0.85, r * 0.3, r * 0.018, [WHITE], 40)


def citrus(s: Scene, x: float, y: float, r: float, colour: str, degrees: float = 0) -> None:
    s.shape(oval(x, y, r), lighter(colour, 0.05), to=darker(colour, 0.08), shadow=r * 0.08)
    s.shape(oval(x, y, r * 0.9), lighter(colour, 0.75))
    for n in range(9):
        a = degrees + n * 40
        wedge = soft(
            [
                (x + r * 0.08 * math.cos(math.radians(a + 20)), y + r * 0.08 * math.sin(math.radians(a + 20))),
                *oval(x, y, r * 0.83, start=a + 3, end=a + 37),
            ],
            1,
        )
        s.shape(wedge, lighter(colour, 0.28), to=colour)
    for n in range(9):
        a = math.radians(degrees + n * 40 + 16)
        s.shape(oval(x + r * 0.55 * math.cos(a), y + r * 0.55 * math.sin(a), r * 0.035), WHITE, alpha=0.5)


def lamp(s: Scene, x: float, y: float, size: float, colour: str) -> None:
    """A table lamp standing on y, switched on."""
    s.shape(oval(x, y - size * 0.95, size * 1.5), lighter(LEMON, 0.4), alpha=0.28, blur=size * 0.4)
    s.shape(box(x - size * 0.3, y - size * 0.06, x + size * 0.3, y, size * 0.03), WOOD, to=darker(WOOD), shadow=5)
    s.shape(
        soft(
            [
                (x - size * 0.05, y),
                (x - size * 0.24, y - size * 0.3),
                (x - size * 0.05, y - size * 0.62),
                (x + size * 0.05, y - size * 0.62),
                (x + size * 0.24, y - size * 0.3),
                (x + size * 0.05, y),
            ]
        ),
        lighter(colour, 0.2),
        to=darker(colour),
        side=True,
    )
    s.shape(
        [
            (x - size * 0.3, y - size * 1.25),
            (x + size * 0.3, y - size * 1.25),
            (x + size * 0.52, y - size * 0.62),
            (x - size * 0.52, y - size * 0.62),
        ],
        "#fff3cf",
        to="#f5d894",
        shadow=6,
    )


def books(s: Scene, x: float, y: float, h: float, colours: Sequence[str]) -> None:
    for n, colour in enumerate(colours):
        w, tall = h * (0.2 + 0.06 * ((n * 7) % 3)), h * (0.82 + 0.18 * ((n * 5) % 4) / 3)
        s.shape(box(x, y - tall, x + w, y, 3), lighter(colour, 0.15), to=darker(colour, 0.12), side=True, shadow=3)
        s.shape(box(x + w * 0.2, y - tall * 0.86, x + w * 0.8, y - tall * 0.8), CREAM, alpha=0.7)
        x += w + 2


def tulip(s: Scene, x: float, y: float, h: float, colour: str, lean: float = 0) -> None:
    top = (x + lean * h, y - h)
    s.shape(
        stroke([(x + lean * h * (t / 10) ** 2, y - h * t / 10) for t in range(11)], h * 0.05), LEAF, to=darker(LEAF)
    )
    for turn in (-24, 20):
        s.shape(
            blade(x, y, h * 0.66, h * 0.13, turn + lean * 40, turn / 200),
            lighter(LEAF, 0.15),
            to=darker(LEAF, 0.2),
            shadow=3,
        )
    px, py, r = top[0], top[1] + h * 0.03, h * 0.15
    for turn, tone in ((-26, darker(colour, 0.12)), (26, darker(colour, 0.16)), (0, lighter(colour, 0.12))):
        s.shape(blade(px, py + r * 0.7, r * 2.1, r * 1.35, turn), lighter(tone, 0.14), to=tone, shadow=3)


def tomato(s: Scene, x: float, y: float, r: float, colour: str = TOMATO) -> None:
    s.shape(oval(x, y, r, r * 0.92), lighter(colour, 0.18), to=darker(colour, 0.22), shadow=r * 0.12)
    s.shape(oval(x - r * 0.38, y - r * 0.38, r * 0.2, r * 0.13), WHITE, alpha=0.5)
    for n in range(5):
        s.shape(blade(x, y - r * 0.72, r * 0.55, r * 0.17, n * 72 + 12), LEAF, to=PINE)


def apple(s: Scene, x: float, y: float, r: float, colour: str) -> None:
    body = soft(
        [
            (x, y - r * 0.7),
            (x + r * 0.7, y - r),
            (x + r * 1.15, y),
            (x + r * 0.6, y + r),
            (x, y + r * 0.85),
            (x - r * 0.6, y + r),
            (x - r * 1.15, y),
            (x - r * 0.7, y - r),
        ]
    )
    s.shape(body, lighter(colour, 0.2), to=darker(colour, 0.2), shadow=r * 0.12)
    s.shape(stroke([(x, y - r * 0.6), (x + r * 0.06, y - r * 1.05)], r * 0.14), WOOD, to=DARK)
    s.shape(blade(x + r * 0.05, y - r * 0.85, r * 0.7, r * 0.3, 62), LEAF, to=PINE)
    s.shape(oval(x - r * 0.42, y - r * 0.3, r * 0.16, r * 0.24), WHITE, alpha=0.4)
