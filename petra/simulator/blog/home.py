"""The demo blog's pictures of house and garden, one function a picture. See paint.py."""

from __future__ import annotations

import math

from petra.simulator.blog import brush as b
from petra.simulator.blog.brush import TALL, WIDE, Scene


def balcony_herbs() -> Scene:
    s = Scene(TALL, b.SKY, seed="herbs")
    for n, tone in enumerate((b.SAGE, b.LEAF)):
        s.shape(
            b.soft(
                [
                    (-300, 2200),
                    (-300, 720 + n * 120),
                    (260, 620 + n * 150),
                    (560, 760 + n * 70),
                    (1300, 640 + n * 120),
                    (1300, 2200),
                ]
            ),
            b.lighter(tone, 0.3),
            to=tone,
        )
    s.shape(b.oval(800, 210, 95), b.lighter(b.LEMON, 0.4))
    for n in range(11):
        s.shape(b.box(30 + n * 95, 1060, 50 + n * 95, 1500), b.NAVY, to=b.darker(b.NAVY))
    s.shape(b.box(-10, 1020, 1010, 1066), b.darker(b.NAVY, 0.1), to=b.NAVY, shadow=12)
    for x, w, colour, leaf, slim in (
        (210, 270, b.CLAY, b.LEAF, 0.34),
        (510, 300, b.RUST, b.PINE, 0.14),
        (810, 260, b.CLAY, b.SAGE, 0.45),
    ):
        b.bush(s, x, 1040 - w, w * 1.35, leaf, 34, slim)
        b.pot(s, x, 1036, w, colour)
    return s


def watering_can() -> Scene:
    s = Scene(WIDE, "#e7d9b8", seed="can")
    b.table(s, 760, b.SAGE)
    s.shape(b.stroke([(640, 640), (430, 520), (330, 360), (300, 330)], 90), "#7fa3ad", to=b.NAVY, shadow=6)
    s.shape(b.turned(b.box(225, 300, 350, 345, 10), 290, 320, -40), "#7fa3ad", to=b.NAVY)
    ring = b.oval(1010, 560, 190, 200, start=-110, end=110)
    s.shape([*ring, *b.oval(1010, 560, 150, 160, start=-110, end=110)[::-1]], b.NAVY, to="#1f2c3d", shadow=6)
    s.shape([(610, 420), (1010, 420), (1060, 860), (560, 860)], "#9cc0c9", to="#41606f", side=True, shadow=16)
    s.shape(b.oval(810, 420, 200, 44), b.NAVY, to="#1d2a39")
    for x, leaf in ((1330, b.LEAF), (1500, b.SAGE)):
        b.bush(s, x, 690, 260, leaf, 26, 0.3)
        b.pot(s, x, 880, 200, b.CLAY)
    return s


def tomato_pot() -> Scene:
    s = Scene(TALL, "#f0d9a8", seed="tomato")
    b.table(s, 1270, b.SAGE)
    for x in (430, 570):
        s.shape(b.box(x, 170, x + 14, 1100), b.WOOD, to=b.darker(b.WOOD))
    s.shape(b.stroke([(500, 1060), (480, 800), (520, 500), (495, 200)], 34), b.LEAF, to=b.PINE)
    for n in range(30):
        y, turn = 1020 - n * 27, (-1) ** n * (48 + (n * 17) % 40)
        s.shape(
            b.blade(500, y, 250 - n * 3.5, 96, turn, (-1) ** n * 0.12),
            b.lighter(b.LEAF, 0.12 * (n % 3)),
            to=b.PINE,
            shadow=3,
        )
    for n, (x, y) in enumerate(
        ((330, 880), (690, 820), (380, 620), (640, 560), (300, 730), (720, 990), (560, 720), (430, 420), (600, 380))
    ):
        b.tomato(s, x, y, 66 - n * 3, (b.TOMATO, b.AMBER, b.TOMATO, "#8fae4f")[n % 4] if n > 2 else b.TOMATO)
    b.pot(s, 500, 1340, 400, b.CLAY)
    return s


def tulips() -> Scene:
    s = Scene(TALL, "#b9d3d8", seed="tulips")
    s.shape(b.soft([(-60, 1500), (-60, 900), (300, 840), (700, 930), (1060, 850), (1060, 1500)]), b.MINT, to=b.SAGE)
    s.shape(b.oval(230, 260, 120), b.WHITE, alpha=0.6, blur=14)
    for row, (y, h) in enumerate(((1180, 520), (1330, 590), (1500, 660))):
        for n in range(5):
            x = 90 + n * 205 + (row % 2) * 90
            colour = (b.TOMATO, b.ROSE, b.MUSTARD, b.PLUM, b.WHITE)[(n + 2 * row) % 5]
            b.tulip(s, x, y + 40, h * (0.9 + 0.1 * ((n * 3) % 2)), colour, 0.05 * ((n * 7) % 3 - 1))
    return s


def bulbs() -> Scene:
    s = Scene(WIDE, "#d7e2d2", seed="bulbs")
    s.shape(b.box(-5, 380, 1605, 1075), "#6b4a35", to="#3b271d")
    b.scatter(s, 800, 720, 860, 330, 15, ("#85603f", "#4c3325", "#97714f"), 130)
    s.shape(
        b.soft([(-20, 430), (-20, 372), (400, 350), (800, 380), (1200, 352), (1620, 376), (1620, 430)]),
        b.LEAF,
        to="#5a4030",
    )
    for n in range(5):
        x, y = 240 + n * 280, 690 + (n % 2) * 60
        for turn in (-24, 0, 24):
            s.shape(b.stroke([(x, y + 70), (x + turn, y + 110), (x + turn * 2, y + 170)], 8), b.CREAM)
        s.shape(b.turned(b.blade(x, y + 90, 250, 180, 0), x, y, 0), "#d79a5b", to="#8b4f2c", side=True, shadow=12)
        s.shape(b.blade(x - 14, y + 84, 200, 44, -6), "#eec48d", alpha=0.7)
        if n != 2:
            s.shape(b.blade(x, y - 130, 220 - 20 * n, 36, 4), "#a9cf7b", to=b.LEAF)
    return s


def bedroom() -> Scene:
    s = Scene(TALL, "#b9c4b4", seed="bed")
    s.shape(b.box(330, 130, 690, 560, 6), b.WHITE, to=b.SAND, shadow=14)
    s.shape(b.box(360, 160, 660, 530), b.CREAM)
    s.shape(b.oval(510, 300, 80), b.CLAY, to=b.BLUSH)
    s.shape(b.soft([(360, 530), (360, 430), (450, 380), (560, 440), (660, 390), (660, 530)]), b.PINE)
    b.table(s, 1300, "#c9a67e")
    s.shape(b.box(120, 640, 1010, 1120, 60), b.WOOD, to=b.darker(b.WOOD, 0.25), shadow=18)
    for x, tone in ((200, b.WHITE), (560, b.SNOW)):
        s.shape(
            b.soft([(x, 1010), (x + 20, 800), (x + 170, 770), (x + 330, 800), (x + 350, 1010), (x + 170, 1040)]),
            tone,
            to=b.STONE,
            shadow=12,
        )
    s.shape(
        b.soft([(370, 1030), (390, 900), (530, 880), (670, 900), (680, 1030), (530, 1060)]),
        b.CLAY,
        to=b.RUST,
        shadow=10,
    )
    s.shape(b.box(100, 990, 1010, 1390, 50), b.CREAM, to=b.SAND, shadow=16)
    s.shape(b.box(100, 1130, 1010, 1390, 40), b.SAGE, to=b.PINE)
    for n in range(5):
        s.shape(b.box(100, 1170 + n * 44, 1010, 1175 + n * 44), b.CREAM, alpha=0.22)
    s.shape(b.box(-10, 1060, 90, 1400, 6), b.WOOD, to=b.darker(b.WOOD), shadow=10)
    b.lamp(s, 60, 1060, 190, b.SAND)
    return s


def bedroom_window() -> Scene:
    s = Scene(WIDE, "#e6d9ca", seed="curtain")
    b.window(s, 560, 120, 480, 560, "#f3cdb3", b.SAGE)
    for x0, x1 in ((330, 560), (1040, 1270)):
        for n in range(6):
            left = x0 + n * (x1 - x0) / 6
            s.shape(
                [(left, 60), (left + 45, 60), (left + 52, 860), (left - 6, 860)],
                b.WHITE,
                to=b.STONE,
                side=True,
                alpha=0.9,
                shadow=3,
            )
    s.shape(b.box(300, 44, 1300, 62, 9), b.WOOD, to=b.DARK)
    b.table(s, 880, b.WOOD, planks=True)
    b.bush(s, 1420, 690, 250, b.PINE, 22, 0.3)
    b.pot(s, 1420, 920, 210, b.SNOW)
    b.books(s, 110, 930, 150, (b.CLAY, b.NAVY, b.MUSTARD))
    return s


def shelves() -> Scene:
    s = Scene(TALL, "#2f5a4a", seed="shelf")
    for y in (470, 850, 1230):
        s.shape(b.box(70, y, 930, y + 34, 4), b.WOOD, to=b.darker(b.WOOD), shadow=16)
    b.books(s, 110, 470, 250, (b.CLAY, b.CREAM, b.MUSTARD, b.BLUSH))
    b.bush(s, 760, 300, 220, b.SAGE, 24, 0.3)
    b.pot(s, 760, 470, 190, b.CREAM)
    for n, colour in enumerate((b.CREAM, b.BLUSH, b.SKY)):
        b.bowl(s, 260, 770 - n * 48, 140, colour, b.darker(colour, 0.1))
    b.jar(s, 560, 848, 130, 210, b.MUSTARD, (b.AMBER, b.LEMON))
    b.jar(s, 730, 848, 130, 170, "#d8c7a8", (b.CREAM, b.WOOD))
    for n, colour in enumerate((b.SNOW, b.CLAY, b.MUSTARD)):
        x = 190 + n * 150
        s.shape(
            [*b.oval(x + 62, 1165, 36, 36, start=-90, end=90), *b.oval(x + 62, 1165, 22, 22, start=-90, end=90)[::-1]],
            b.darker(colour),
        )
        s.shape(
            b.box(x - 62, 1104, x + 62, 1228, 22),
            b.lighter(colour, 0.2),
            to=b.darker(colour, 0.15),
            side=True,
            shadow=6,
        )
    b.books(s, 660, 1230, 190, (b.NAVY, b.ROSE, b.CREAM, b.OLIVE))
    return s


def shelf_jars() -> Scene:
    s = Scene(WIDE, b.BLUSH, seed="jars")
    s.shape(b.box(-10, 820, 1610, 880), b.WOOD, to=b.darker(b.WOOD), shadow=18)
    fill = (
        (b.MUSTARD, (b.AMBER, b.LEMON)),
        ("#8c5a3c", (b.DARK, b.RUST)),
        ("#efe3cb", (b.WHITE, b.SAND)),
        ("#7f9a6b", (b.LEAF, b.OLIVE)),
        ("#c96a4a", (b.CLAY, b.TOMATO)),
    )
    for n, (content, tops) in enumerate(fill):
        b.jar(s, 260 + n * 270, 818, 200, 300 + (n * 83) % 170, content, tops, (b.WOOD, b.STONE)[n % 2])
    b.sprig(s, 120, 300, 230, b.SAGE, 170)
    return s


def reading_corner() -> Scene:
    s = Scene(TALL, "#d8a48a", seed="chair")
    b.window(s, 110, 140, 300, 430, b.SKY, b.SAGE)
    b.table(s, 1240, "#a87c55", planks=True)
    s.shape(b.oval(500, 1370, 420, 90), b.CREAM, to=b.SAND)
    s.shape(b.oval(500, 1370, 330, 66), b.CLAY, alpha=0.35)
    for x in (300, 690):
        s.shape(b.box(x, 1240, x + 34, 1360), b.DARK, to="#20160f")
    s.shape(b.box(250, 640, 770, 1200, 150), b.PINE, to=b.darker(b.PINE, 0.3), shadow=18)
    s.shape(b.box(290, 1000, 740, 1220, 60), b.lighter(b.PINE, 0.15), to=b.PINE, shadow=10)
    for x in (190, 710):
        s.shape(
            b.box(x, 880, x + 120, 1270, 58), b.lighter(b.PINE, 0.2), to=b.darker(b.PINE, 0.2), side=True, shadow=10
        )
    s.shape(b.turned(b.box(390, 800, 640, 1020, 60), 515, 910, -8), b.MUSTARD, to=b.AMBER, shadow=10)
    s.shape(b.box(858, 1180, 876, 1380), b.DARK)
    s.shape(b.box(760, 1170, 980, 1196, 8), b.WOOD, to=b.DARK, shadow=8)
    b.lamp(s, 870, 1170, 220, b.CREAM)
    return s


def reading_books() -> Scene:
    s = Scene(WIDE, "#31465a", seed="books")
    b.table(s, 790, b.WOOD, planks=True)
    b.lamp(s, 1180, 800, 400, b.CLAY)
    b.books(s, 420, 800, 360, (b.CLAY, b.CREAM, b.SAGE, b.MUSTARD, b.BLUSH, b.SNOW))
    s.shape([*b.oval(296, 750, 52, start=-90, end=90), *b.oval(296, 750, 32, start=-90, end=90)[::-1]], b.STONE)
    s.shape(b.box(120, 660, 300, 850, 34), b.SNOW, to=b.STONE, side=True, shadow=10)
    b.steam(s, 210, 640, 120)
    return s


def winter_plants() -> Scene:
    s = Scene(TALL, "#d5d9cf", seed="winter")
    b.window(s, 170, 130, 660, 760, "#b9cfdc", b.SNOW)
    for n in range(60):
        s.shape(b.oval(180 + s.random.random() * 640, 140 + s.random.random() * 740, 4 + n % 5), b.WHITE, alpha=0.85)
    b.table(s, 1290, b.WOOD)
    for n in range(9):
        turn = -72 + n * 18
        stem = b.turned([(390, 960 - t * 46) for t in range(11)], 390, 960, turn * 0.7)
        s.shape(b.stroke(stem, 16), b.LEAF, to=b.PINE)
        s.shape(b.blade(*stem[-3], 250, 190, turn), b.lighter(b.LEAF, 0.1), to=b.PINE, shadow=6)
    b.pot(s, 390, 1310, 340, b.SNOW)
    for n in range(9):
        s.shape(b.blade(770, 1130, 420 - (n % 3) * 70, 74, -32 + n * 8), b.SAGE, to=b.PINE, shadow=4)
    b.pot(s, 770, 1330, 230, b.CLAY)
    return s


def plant_spray() -> Scene:
    s = Scene(WIDE, b.MINT, seed="spray")
    b.table(s, 800, b.SAND)
    b.bush(s, 1090, 640, 420, b.PINE, 34, 0.3)
    b.pot(s, 1090, 920, 320, b.CLAY)
    s.shape(b.box(400, 520, 640, 900, 70), "#d9a36b", to="#8d5a30", side=True, shadow=14)
    s.shape(b.box(470, 430, 570, 530, 14), b.DARK, to="#20160f")
    s.shape(b.soft([(440, 380), (690, 370), (700, 430), (580, 450), (440, 450)], 2), b.MUSTARD, to=b.AMBER, shadow=8)
    s.shape(b.stroke([(610, 450), (630, 500), (610, 560)], 26), b.DARK)
    for _n in range(40):
        a = math.radians(-24 + 48 * s.random.random())
        d = 40 + 260 * s.random.random()
        s.shape(b.oval(715 + d * math.cos(a), 400 + d * math.sin(a), 3 + 6 * s.random.random()), b.WHITE, alpha=0.8)
    return s
