"""Judge a finished wheel by what is in it: its size, its files, its metadata, its licences, what it links against.

python tools/check_wheel.py WHEEL...        exit status 1, and a line for each fault, if a wheel is not as it should be

What is linked is looked at in ELF files alone: wheels for other systems than Linux are judged by the rest.
"""

from __future__ import annotations

import email.parser
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).parent.parent
PACKAGE = "boto3_client_cache"
MOST_BYTES = 2 * 1024 * 1024
LICENCES = {"LICENSE", *(f"licenses/{path.name}" for path in (ROOT / "licenses").iterdir())}
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", *(f"licenses/{name}" for name in LICENCES)}
EXTENSION = re.compile(rf"{PACKAGE}/_core\.[\w.-]+\.(so|pyd)")
# What auditwheel puts beside the package, each with its licence in the wheel, and the list it writes of them.
GRAFTED = re.compile(rf"{PACKAGE}\.libs/libsimdjson-[0-9a-f]+\.so[.\d]*")
BILL_OF_MATERIALS = "sboms/auditwheel.cdx.json"
# What every Linux has, by the manylinux and musllinux policies.
OF_THE_SYSTEM = re.compile(r"(lib(c|m|pthread|dl|rt|gcc_s|stdc\+\+)|ld-linux-[\w-]+|libc\.musl-\w+)\.so(\.\d+)?")


def faults(wheel: Path) -> Iterator[str]:
    """Yield what is wrong with a wheel."""
    if wheel.stat().st_size > MOST_BYTES:
        yield f"{wheel.stat().st_size} bytes are more than {MOST_BYTES}"
    if "-linux_" in wheel.name:
        yield "its tag says that it runs on no other machine: it was not repaired"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        yield from wrong_files(names)
        info = next(name for name in names if name.endswith(".dist-info/METADATA"))
        yield from wrong_metadata(archive.read(info).decode())
        if len({entry.date_time for entry in archive.infolist()}) > 1:
            yield "its files have more than one date"
        shared = {name: archive.read(name) for name in names if re.search(r"\.(so|pyd)\b", name)}
    grafted = {name.rpartition("/")[2] for name in shared if GRAFTED.fullmatch(name)}
    for name, content in shared.items():
        yield from (f"{name} holds the path {path!r}" for path in paths_of_the_build(content))
        if content.startswith(b"\x7fELF"):
            yield from (f"{name} {fault}" for fault in wrong_links(content, grafted))


def wrong_files(names: set[str]) -> Iterator[str]:
    """Yield the files that are missing, and those that have no business in the wheel."""
    info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    sources = (ROOT / "src").rglob("*")
    wanted = {path.relative_to(ROOT / "src").as_posix() for path in sources if path.suffix in {".py", ".pyi", ".typed"}}
    wanted |= {f"{info}/{name}" for name in METADATA}
    extensions = {name for name in names if EXTENSION.fullmatch(name)}
    if len(extensions) != 1:
        yield f"there are {len(extensions)} extension modules in it, not one"
    optional = extensions | {name for name in names if GRAFTED.fullmatch(name)} | {f"{info}/{BILL_OF_MATERIALS}"}
    yield from (f"{name} is missing" for name in sorted(wanted - names))
    yield from (f"{name} does not belong there" for name in sorted(names - wanted - optional))


def wrong_metadata(text: str) -> Iterator[str]:
    """Yield what the metadata say wrongly of the licences and of what is needed at run time."""
    metadata = email.parser.Parser().parsestr(text)
    if set(metadata.get_all("License-File", [])) != LICENCES:
        yield f"its metadata name the licences {metadata.get_all('License-File')}, not {sorted(LICENCES)}"
    if "MPL-2.0" not in metadata.get("License-Expression", ""):
        yield "its metadata have no licence expression"
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    if [re.match(r"[\w-]+", line).group() for line in needed] != ["boto3"]:
        yield f"it needs {needed} at run time, not boto3 alone"


def wrong_links(content: bytes, grafted: set[str]) -> Iterator[str]:
    """Yield the libraries that an ELF file needs and nobody is sure to have, and the symbols that it should hide."""
    elf = ELFFile(io.BytesIO(content))
    needed = [tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")]
    yield from (f"needs {name}" for name in needed if name not in grafted and not OF_THE_SYSTEM.fullmatch(name))
    exported = {
        symbol.name
        for symbol in elf.get_section_by_name(".dynsym").iter_symbols()
        if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["bind"] == "STB_GLOBAL"
    }
    yield from (f"exports {name}" for name in sorted(exported) if name.startswith(("SHA256", "OPENSSL", "libdeflate")))


def paths_of_the_build(content: bytes) -> list[str]:
    """Find what looks like a folder of the machine that built a binary."""
    return sorted(
        {found.decode() for found in re.findall(rb"/(?:home|root|tmp|build|project|Users)/[\w./+-]+", content)}
    )


def main() -> int:
    """Judge every wheel named."""
    status = 0
    for wheel in map(Path, sys.argv[1:]):
        found = list(faults(wheel))
        status |= bool(found)
        print(f"{wheel.name}: {wheel.stat().st_size / 1024:.0f} KiB, {'as it should be' if not found else 'WRONG'}")
        print(*(f"  {fault}" for fault in found), sep="\n", end="\n" if found else "")
    return status


if __name__ == "__main__":
    sys.exit(main())
