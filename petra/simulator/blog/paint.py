"""Paints the demo blog's pictures: `python -m petra.simulator.blog.paint [NAME …]`. Not used when Petra runs.

A picture's file has its function's name; tall ones are 2:3, as pins are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from petra.simulator.blog import home, kitchen
from petra.simulator.blog.brush import Scene

FOLDER = Path(__file__).parent / "pictures"
MOST_BYTES = 118_000
PICTURES: tuple[Callable[[], Scene], ...] = (
    kitchen.pumpkin_soup,
    kitchen.pumpkin_tray,
    kitchen.sourdough_loaf,
    kitchen.sourdough_starter,
    kitchen.berry_tart,
    kitchen.berry_bowl,
    kitchen.citrus_salad,
    kitchen.citrus_board,
    home.balcony_herbs,
    home.watering_can,
    home.tomato_pot,
    kitchen.tomato_sauce,
    home.tulips,
    home.bulbs,
    home.bedroom,
    home.bedroom_window,
    home.shelves,
    home.shelf_jars,
    home.reading_corner,
    home.reading_books,
    kitchen.pancakes,
    kitchen.pancake_pan,
    kitchen.pickles,
    kitchen.pickle_board,
    kitchen.apple_cake,
    kitchen.apple_basket,
    home.winter_plants,
    home.plant_spray,
)


def _write(image: Image.Image, path: Path) -> None:
    """Write a JPEG as good as fits into MOST_BYTES."""
    for quality in range(80, 50, -4):
        image.save(path, "JPEG", quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= MOST_BYTES:
            return


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for paint in PICTURES:
        name = paint.__name__.replace("_", "-")
        if not names or name in names:
            _write(paint().done(), FOLDER / f"{name}.jpg")


if __name__ == "__main__":
    main(sys.argv[1:])
