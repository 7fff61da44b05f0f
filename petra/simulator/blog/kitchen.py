"""The demo blog's pictures of food, one function a picture. See paint.py."""

from __future__ import annotations

import math

from petra.simulator.blog import brush as b
from petra.simulator.blog.brush import TALL, WIDE, Scene


def pumpkin_soup() -> Scene:
    s = Scene(TALL, "#6f8577", seed="soup")
    b.window(s, 560, 120, 330, 420, b.SKY, b.SAGE)
    b.table(s, 860, b.WOOD, planks=True)
    b.pumpkin(s, 250, 720, 190, b.AMBER)
    b.pumpkin(s, 800, 790, 130, b.MUSTARD)
    b.bowl(s, 500, 1010, 330, b.CREAM, "#e08a2e", (b.LEAF, "#f7e3b0", b.PINE, "#c9a15c"))
    b.steam(s, 500, 930, 230)
    b.sprig(s, 170, 1400, 230, b.SAGE, 60)
    s.shape(b.oval(820, 1330, 60, 44), b.BLUSH, to=b.CLAY, shadow=8)
    return s


def pumpkin_tray() -> Scene:
    s = Scene(WIDE, "#c7b299", seed="tray")
    b.cloth(s, b.SAND, b.CLAY, 130)
    s.shape(b.box(270, 150, 1330, 930, 60), "#59626b", to="#3c444c", shadow=22)
    s.shape(b.box(305, 185, 1295, 895, 40), "#6d7780", to="#555f68")
    for n in range(8):
        x, y = 440 + (n % 4) * 240, 370 + (n // 4) * 320
        wedge = b.turned([*b.oval(x, y, 130, 112, start=0, end=180)], x, y, 20 * (n % 3) - 25 + 180 * (n // 4))
        s.shape(wedge, "#f0a63e", to="#c9701f", shadow=10)
        s.shape(
            b.turned([*b.oval(x, y, 62, 46, start=0, end=180)], x, y, 20 * (n % 3) - 25 + 180 * (n // 4)), "#f9d58c"
        )
    b.scatter(s, 800, 540, 440, 310, 10, (b.WHITE, b.MUSTARD), 50)
    b.sprig(s, 560, 700, 170, b.SAGE, 70)
    b.sprig(s, 1090, 350, 150, b.SAGE, -60)
    return s


def sourdough_loaf() -> Scene:
    s = Scene(TALL, "#d9c3a5", seed="loaf")
    b.table(s, 900, "#8d6748", planks=True)
    for n in range(9):
        lean, top = (n - 4) * 9, 430 + abs(n - 4) * 42 + (n % 2) * 60
        tip = (790 + (n - 4) * 52, top)
        s.shape(b.stroke([(790 + (n - 4) * 8, 760), (790 + (n - 4) * 26, 600), tip], 9), b.MUSTARD, to=b.WOOD)
        for k in range(6):
            for turn in (-26, 26):
                grain = b.turned(b.blade(tip[0], top - k * 24, 54, 20, turn), *tip, lean)
                s.shape(grain, "#ecc872", to="#b98a3c", shadow=1)
    s.shape(b.box(690, 690, 890, 905, 40), b.SKY, to=b.NAVY, side=True, shadow=8)
    s.shape(b.box(90, 1150, 910, 1270, 30), "#c49a6c", to="#8d6240", shadow=20)
    b.loaf(s, 470, 1010, 310)
    b.scatter(s, 500, 1390, 380, 60, 9, (b.WHITE, b.CREAM), 60)
    return s


def sourdough_starter() -> Scene:
    s = Scene(WIDE, "#aebfae", seed="starter")
    b.window(s, 120, 90, 380, 470, b.SKY, b.MINT)
    b.table(s, 760, b.SAND)
    b.jar(s, 800, 900, 330, 470, "#f3e3c0", ("#fff6e0", "#ead2a2"), b.CLAY)
    b.bowl(s, 1250, 790, 210, b.NAVY, "#f6ead0", (b.WHITE, b.CREAM))
    s.shape(b.turned(b.box(250, 930, 620, 956, 13), 430, 943, -8), b.WOOD, to=b.DARK, shadow=8)
    s.shape(b.turned(b.oval(250, 968, 74, 44), 250, 968, -8), b.lighter(b.WOOD, 0.15), to=b.darker(b.WOOD), shadow=8)
    b.scatter(s, 500, 990, 300, 40, 8, (b.WHITE,), 40)
    return s


def berry_tart() -> Scene:
    s = Scene(TALL, b.BLUSH, seed="tart")
    b.cloth(s, b.WHITE, b.ROSE, 120)
    b.plate(s, 500, 760, 440, b.WHITE)
    for n in range(28):
        a = math.radians(n * 360 / 28)
        s.shape(b.oval(500 + 318 * math.cos(a), 760 + 318 * math.sin(a), 46), "#e9bd7c", to="#bb7f43", shadow=5)
    s.shape(b.oval(500, 760, 318), "#e4b16c", to="#c58a4b")
    s.shape(b.oval(500, 760, 284), "#fff1d2", to="#f4dca6")
    b.berries(s, 500, 760, 262, 262, 31, (b.BERRY, b.ROSE, b.PLUM, b.BERRY, "#c8374f", b.NAVY), 88)
    for n in range(6):
        s.shape(b.blade(430 + n * 28, 720 + (n % 3) * 44, 74, 34, n * 61), b.LEAF, to=b.PINE, shadow=3)
    b.berries(s, 150, 1380, 110, 70, 28, (b.BERRY, b.PLUM), 9)
    b.sprig(s, 880, 240, 210, b.LEAF, -150)
    return s


def berry_bowl() -> Scene:
    s = Scene(WIDE, "#8fa9b5", seed="berries")
    b.table(s, 700, b.CREAM)
    b.bowl(s, 800, 640, 360, b.SNOW, b.PLUM)
    b.berries(s, 800, 610, 290, 90, 40, (b.BERRY, b.PLUM, b.ROSE, b.NAVY, "#c8374f"), 46)
    b.berries(s, 330, 960, 150, 40, 34, (b.BERRY, b.NAVY), 7)
    b.berries(s, 1300, 940, 160, 50, 36, (b.ROSE, b.BERRY), 8)
    b.sprig(s, 1130, 620, 220, b.LEAF, 55)
    return s


def citrus_salad() -> Scene:
    s = Scene(TALL, "#e5b9a5", seed="citrus")
    b.cloth(s, b.WHITE, b.CLAY, 150)
    b.plate(s, 480, 780, 430, b.SNOW)
    wheels = (
        (330, 620, 165, "#ee8a2e"),
        (620, 590, 150, "#d9493f"),
        (500, 860, 175, "#f2b531"),
        (270, 920, 120, "#d9493f"),
    )
    for n, (x, y, r, colour) in enumerate((*wheels, (720, 860, 130, "#ee8a2e"))):
        b.citrus(s, x, y, r, colour, n * 13)
    for n in range(9):
        s.shape(b.blade(250 + n * 62, 1060 - (n % 4) * 150, 96, 44, n * 47), b.LEAF, to=b.PINE, shadow=4)
    b.berries(s, 480, 780, 300, 300, 13, (b.BERRY, "#7c1734"), 26)
    b.citrus(s, 150, 190, 120, "#f2c53d", 20)
    b.citrus(s, 880, 1370, 140, "#ee8a2e", 5)
    b.sprig(s, 780, 120, 220, b.SAGE, 150)
    return s


def citrus_board() -> Scene:
    s = Scene(WIDE, "#55707a", seed="board")
    s.shape(b.box(240, 170, 1360, 900, 50), "#d3a876", to="#a87848", shadow=24)
    for n, (x, y, colour) in enumerate(
        (
            (520, 420, "#ee8a2e"),
            (820, 560, "#d9493f"),
            (1120, 430, "#f2c53d"),
            (600, 730, "#f2c53d"),
            (1080, 740, "#ee8a2e"),
        )
    ):
        b.citrus(s, x, y, 150, colour, n * 17)
    s.shape([(300, 250), (900, 215), (930, 240), (300, 290)], b.SNOW, to=b.STONE, shadow=8)
    s.shape(b.box(120, 240, 310, 300, 26), b.DARK, to="#20160f", shadow=8)
    b.sprig(s, 1300, 330, 180, b.LEAF, 40)
    return s


def tomato_sauce() -> Scene:
    s = Scene(WIDE, "#7a8f86", seed="sauce")
    b.table(s, 740, b.CREAM)
    for n, x in enumerate((560, 800, 1040)):
        b.jar(s, x, 880 + (n % 2) * 30, 210, 350, "#c23a24", (), (b.MUSTARD, b.CREAM, b.MUSTARD)[n])
        s.shape(b.box(x - 66, 690 + (n % 2) * 30, x + 66, 780 + (n % 2) * 30, 8), b.CREAM, shadow=2)
        s.shape(b.box(x - 44, 725 + (n % 2) * 30, x + 44, 733 + (n % 2) * 30), b.CLAY)
    for x, y, r in ((250, 880, 90), (390, 950, 74), (1260, 930, 92), (1410, 870, 70)):
        b.tomato(s, x, y, r)
    b.sprig(s, 1180, 1010, 190, b.LEAF, 80)
    return s


def pancakes() -> Scene:
    s = Scene(TALL, "#c9d6d2", seed="pancakes")
    b.window(s, 90, 110, 330, 420, b.SKY, b.MINT)
    b.table(s, 980, b.CREAM)
    s.shape(b.oval(500, 1260, 430, 120), b.SNOW, to=b.STONE, shadow=20)
    for n in range(8):
        x = 500 + (-1) ** n * 9
        y = 1210 - n * 68
        s.shape(
            [*b.oval(x, y, 300, 76, start=0, end=180), *b.oval(x, y - 46, 300, 76, start=180, end=360)],
            "#e9bb73",
            to="#b06f32",
            shadow=8,
        )
        s.shape(b.oval(x, y - 46, 296, 74), "#d99a4c", to="#c07e38")
    s.shape(
        b.soft(
            [
                (290, 690),
                (400, 640),
                (520, 670),
                (640, 640),
                (720, 700),
                (690, 900),
                (650, 930),
                (620, 760),
                (480, 770),
                (455, 1010),
                (405, 1010),
                (390, 760),
            ]
        ),
        "#c26a1c",
        to="#8f4310",
        alpha=0.85,
    )
    s.shape(b.box(430, 600, 580, 690, 16), "#fbe7a1", to="#efc95f", shadow=8)
    b.berries(s, 500, 1300, 330, 36, 30, (b.NAVY, b.BERRY), 12)
    b.sprig(s, 860, 900, 200, b.SAGE, 12)
    return s


def pancake_pan() -> Scene:
    s = Scene(WIDE, b.SAGE, seed="pan")
    b.cloth(s, b.WHITE, b.CREAM, 160)
    s.shape(b.turned(b.box(1130, 490, 1640, 570, 36), 800, 530, 12), b.DARK, to="#191210", shadow=16)
    s.shape(b.oval(760, 540, 420), "#3f444a", to="#23272b", shadow=24)
    s.shape(b.oval(760, 540, 372), "#33373c", to="#44494f")
    for x, y in ((640, 430), (890, 440), (760, 680)):
        s.shape(
            b.soft(
                [(x + 135 * math.cos(k), y + 128 * math.sin(k * 1.01)) for k in (0, 0.8, 1.6, 2.4, 3.1, 3.9, 4.7, 5.5)]
            ),
            "#f0c987",
            to="#c98a45",
            shadow=6,
        )
        b.scatter(s, x, y, 80, 80, 9, ("#e0aa66", "#b97a3c"), 14)
    b.berries(s, 230, 860, 120, 90, 32, (b.NAVY, b.BERRY), 9)
    return s


def pickles() -> Scene:
    s = Scene(TALL, "#dfe3c2", seed="pickles")
    b.table(s, 1090, b.WOOD, planks=True)
    b.jar(s, 275, 1230, 290, 560, "#dfe6b0", ("#8faa55", "#b7c878", b.LEAF), b.STONE)
    b.jar(s, 640, 1290, 330, 700, "#f0b9b4", (b.BERRY, b.ROSE, "#e9a3a8"), b.MUSTARD)
    b.jar(s, 890, 1190, 200, 420, "#f3d79a", (b.AMBER, b.MUSTARD, "#ec9a4c"), b.STONE)
    b.sprig(s, 170, 1440, 210, b.LEAF, 76, 7)
    for n in range(4):
        s.shape(b.oval(560 + n * 74, 1420 - (n % 2) * 20, 52), "#dbe6a8", to="#a8c06a", shadow=6)
        s.shape(b.oval(560 + n * 74, 1420 - (n % 2) * 20, 38), "#eef3cf")
    return s


def pickle_board() -> Scene:
    s = Scene(WIDE, "#3f5f63", seed="cucumber")
    s.shape(b.box(200, 190, 1400, 880, 60), "#dcb383", to="#ab7c4d", shadow=24)
    for n in range(13):
        x, y = 330 + (n % 5) * 120, 350 + (n // 5) * 150
        s.shape(b.oval(x, y, 66), "#5f8f4c", to="#3f6d38", shadow=6)
        s.shape(b.oval(x, y, 56), "#e2ecb9", to="#c6d98d")
        b.scatter(s, x, y, 24, 24, 5, (b.CREAM,), 7)
    for n in range(7):
        x, y = 1010 + (n % 3) * 130, 380 + (n // 3) * 150
        for r, tone in ((70, b.BERRY), (58, "#f3d9df"), (42, b.ROSE), (30, "#f7e6ea")):
            s.shape(b.oval(x, y, r), tone, shadow=5 if r == 70 else 0)
    b.sprig(s, 1290, 830, 200, b.LEAF, -40, 7)
    return s


def apple_cake() -> Scene:
    s = Scene(TALL, "#aebfa2", seed="cake")
    b.cloth(s, b.WHITE, b.CREAM, 140)
    s.shape(b.box(110, 250, 890, 1230, 40), "#8b9096", to="#5e646b", shadow=24)
    s.shape(b.box(145, 285, 855, 1195, 24), "#edc98d", to="#cf9a56")
    for n in range(35):
        x, y = 225 + (n % 5) * 138, 370 + (n // 5) * 124
        for k in range(4):
            s.shape(
                b.turned([*b.oval(x + k * 14 - 20, y, 40, 54, start=-90, end=90)], x, y, 8),
                "#fbe9b9",
                to="#e3b55f",
                shadow=2,
            )
            s.shape(b.turned([*b.oval(x + k * 14 - 20, y, 42, 56, start=-14, end=14)], x, y, 8), b.TOMATO)
    b.scatter(s, 500, 740, 330, 430, 8, (b.WHITE, "#c98a45"), 90)
    b.apple(s, 180, 1370, 86, b.TOMATO)
    b.apple(s, 830, 1380, 74, "#b7c05a")
    return s


def apple_basket() -> Scene:
    s = Scene(WIDE, "#c3d2c4", seed="basket")
    b.table(s, 800, "#8aa077")
    for n, (x, y) in enumerate(((560, 540), (720, 500), (880, 490), (1040, 545), (640, 590), (800, 570), (960, 590))):
        b.apple(s, x, y, 92, (b.TOMATO, "#b7c05a", "#d8643a")[n % 3])
    s.shape([(440, 600), (1160, 600), (1060, 930), (540, 930)], "#c99a63", to="#8a5e37", shadow=20)
    for n in range(6):
        s.shape(b.box(455 + n * 12, 640 + n * 48, 1145 - n * 12, 654 + n * 48), "#7a5231", alpha=0.55)
    for n in range(12):
        s.shape(b.box(568 + n * 42, 612, 578 + n * 42, 924), "#e0b983", alpha=0.35)
    b.apple(s, 290, 900, 84, "#d8643a")
    b.apple(s, 1330, 910, 90, b.TOMATO)
    s.shape(b.blade(1200, 1000, 130, 60, 78), b.LEAF, to=b.PINE, shadow=5)
    return s
