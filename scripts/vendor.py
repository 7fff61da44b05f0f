"""Refresh the files the pages carry from npm. Maintainers run it; installing Petra never does.

    python scripts/vendor.py fetch    needs npm: packs what vendor.toml names, checks it, copies it
    python scripts/vendor.py check    needs nothing: every file matches its manifest and has a licence

Standard library only.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

HERE = Path(__file__).resolve().parent.parent
SVG_HEAD = '<svg xmlns="http://www.w3.org/2000/svg">'
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor"'


class VendorError(Exception):
    """A vendored file is missing, changed or without its licence."""


class FileEntry(TypedDict):
    bytes: int
    sri: str


class PackageEntry(TypedDict):
    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, FileEntry]


def fetch(root: Path = HERE) -> None:
    """Pack, verify and copy every package, then write one manifest per target folder."""
    manifests: dict[str, list[PackageEntry]] = {}
    for package in tomllib.loads((root / "vendor.toml").read_text())["package"]:
        manifests.setdefault(package["into"], []).append(_fetch_package(root, package))
    for into, entries in manifests.items():
        text = json.dumps(entries, indent=1) + "\n"
        (root / into / "manifest.json").write_text(text)


def check(root: Path = HERE) -> None:
    """Compare every vendored file with its manifest.

    Raises:
        VendorError: a file is missing or changed, or a package lacks its licence file.
    """
    folders = {p["into"] for p in tomllib.loads((root / "vendor.toml").read_text())["package"]}
    count = 0
    for into in sorted(folders):
        for entry in json.loads((root / into / "manifest.json").read_text()):
            count += _check_package(root / into, entry)
    print(f"{count} files match the manifest")  # noqa: T201 - the command's answer


def _check_package(folder: Path, entry: PackageEntry) -> int:
    for name, expected in entry["files"].items():
        path = folder / name
        if not path.is_file():
            raise VendorError(f"{path} is missing")
        if _sri(path.read_bytes()) != expected["sri"]:
            raise VendorError(f"{path} differs from its manifest")
    if not any(name.endswith("LICENSE") for name in entry["files"]):
        raise VendorError(f"{entry['name']} has no licence file")
    return len(entry["files"])


def _fetch_package(root: Path, package: dict[str, Any]) -> PackageEntry:
    with tempfile.TemporaryDirectory() as scratch:
        archive, integrity = _pack(package["name"], package["version"], Path(scratch))
        folder_name = _folder_name(package["name"], package["version"])
        folder = root / package["into"] / folder_name
        folder.mkdir(parents=True, exist_ok=True)
        files: dict[str, FileEntry] = {}
        with tarfile.open(archive) as tar:
            for member in package["files"]:
                content = _member(tar, member)
                files[f"{folder_name}/{Path(member).name}"] = _write(folder / Path(member).name, content)
            if "outline" in package:
                sprite = _sprite(tar, package["outline"], package["filled"])
                files[f"{folder_name}/icons.svg"] = _write(folder / "icons.svg", sprite)
    return PackageEntry(
        name=package["name"],
        version=package["version"],
        licence=package["licence"],
        integrity=integrity,
        files=files,
    )


def _pack(name: str, version: str, scratch: Path) -> tuple[Path, str]:
    """Let npm download one package and verify the digest the registry promises."""
    command = ["npm", "pack", f"{name}@{version}", "--json", "--pack-destination", str(scratch)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(run.stdout)
    # npm 10 answers a list, npm 12 an object by name (seen 2026-11).
    told = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    archive = scratch / Path(told["filename"]).name
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != told["integrity"]:
        raise VendorError(f"{name} {version} does not match the registry's digest")
    return archive, str(told["integrity"])


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(f"package/{name}")
    if stream is None:
        raise VendorError(f"{name} is not in the package")
    return stream.read()


def _sprite(tar: tarfile.TarFile, outline: list[str], filled: list[str]) -> bytes:
    symbols = [_symbol(tar, "outline", name, name, OUTLINE) for name in outline]
    symbols += [_symbol(tar, "filled", name, f"{name}-f", FILLED) for name in filled]
    return "\n".join([SVG_HEAD, *symbols, "</svg>", ""]).encode()


def _symbol(tar: tarfile.TarFile, kind: str, name: str, symbol_id: str, paint: str) -> str:
    drawing = _member(tar, f"icons/{kind}/{name}.svg").decode()
    found = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    if found is None:
        raise VendorError(f"{name} is not a drawing")
    inner = re.sub(r"\s+", " ", found[1]).strip()
    return f'<symbol id="{symbol_id}" viewBox="0 0 24 24" {paint}>{inner}</symbol>'


def _folder_name(name: str, version: str) -> str:
    return f"{name.replace('@', '').replace('/', '-')}-{version}"


def _write(path: Path, content: bytes) -> FileEntry:
    path.write_bytes(content)
    return FileEntry(bytes=len(content), sri=_sri(content))


def _sri(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


COMMANDS: dict[str, Callable[[], None]] = {"fetch": fetch, "check": check}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]]()
