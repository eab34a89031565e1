"""What was measured on one CPython, as it is kept in benchmarks/figures: figures alone, without what they mean.

`python benchmarks/measured.py` prints the digest of the code that is measured.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "benchmarks" / "figures"
# Every CPython that there are wheels of and figures for.
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.15")
STATE = ("CMakeLists.txt", "pyproject.toml", "cpp/include", "cpp/python", "cpp/src", "src", "benchmarks/measure.py")

Rounds = list[dict[str, float]]  # of each round, nanoseconds or bytes by name


@dataclass(frozen=True)
class Measured:
    """The figures of one CPython, and what they are of."""

    tag: str  # such as 3.13t
    python: str
    packages: list[str]
    processor: str
    state: str  # of the code
    calls: Rounds
    growth: Rounds
    memory: Rounds

    @property
    def rounds(self) -> int:
        return len(self.calls)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.tag}.json").write_text(f"{text}\n", encoding="utf-8")


def load_all(folder: Path = KEPT) -> list[Measured]:
    """Return what a folder has, in the order of versions."""
    found = [Measured(**json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.json")]
    return sorted(found, key=lambda measured: (int(measured.tag.strip("t").split(".")[1]), measured.tag))


def state_of_code() -> str:
    """Return a digest of all that is measured, and of what measures."""
    digest = hashlib.sha256()
    for name in STATE:
        path = ROOT / name
        for file in sorted(path.rglob("*") if path.is_dir() else [path]):
            if file.is_file() and file.suffix not in {".pyc", ".so"}:
                digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    print(state_of_code())
