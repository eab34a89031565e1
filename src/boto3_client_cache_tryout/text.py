"""The report as plain text, and the words of both forms."""

from __future__ import annotations

from typing import Any, NamedTuple

from boto3_client_cache_tryout.figures import DEFAULT_MAX_SIZE

_MOST_ROWS = 5  # of a table: the whole is to be seen at a glance
_LONGEST = 90
_NAMES = 26  # the least width of the first column
_MIB = 2**20


def text(said: dict[str, Any]) -> str:
    """Return what stderr shows."""
    lines = [title(said), "", *(f"{name:<{_NAMES}}  {value}" for name, value in facts(said))]
    if "measured" in said:
        head = (f"measured: {said['measured']['calls']:,} calls again", "plain boto3", "with install()")
        lines += ["", *_columns([head, *((one.name, one.plain_text, one.ours_text) for one in measurements(said))])]
    for heads, rows in tables(said):
        shown = [(shortened(name, _LONGEST), *cells) for name, *cells in rows[:_MOST_ROWS]]
        lines += ["", *_columns([heads, *shown])]
        if len(rows) > _MOST_ROWS:
            lines.append(f"  and {len(rows) - _MOST_ROWS} more")
    return "\n".join([*lines, "", *advice(said), ""])


def shortened(name: str, longest: int) -> str:
    """Leave out the middle of a long name."""
    half = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[-half:]}"


def title(said: dict[str, Any]) -> str:
    """Say what was done with which program."""
    did = "observed" if said["mode"] == "observe" else "installed for"
    processes = f", {said['processes']} processes" if said["processes"] > 1 else ""
    return f"boto3-client-cache {did} {said['program']}{processes}"


def facts(said: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was counted, in names and sentences."""
    return [(name, value) for name, value in [*_asked(said), *_kept(said)] if value]


def _asked(said: dict[str, Any]) -> list[tuple[str, str]]:
    sessions, asked = said["sessions"], said["asked"]
    made = f"{sessions['boto3']:,}"
    if sessions["different_arguments"] < sessions["boto3"] and said["mode"] == "observe":
        plural = "s" if sessions["different_arguments"] > 1 else ""
        made += f", of {sessions['different_arguments']:,} different set{plural} of arguments"
        made += ", each process for itself" if said["processes"] > 1 else ""
    verb = "asked for" if said["mode"] == "observe" else "built"
    different = f"{said['different']:,} different"
    if said["different_of_equal_sessions"] != said["different"] and said["mode"] == "observe":
        different += f" ({said['different_of_equal_sessions']:,} if sessions of equal arguments were one)"
    return [
        ("sessions made" if said["mode"] == "observe" else "sessions that built", made),
        ("sessions of botocore's own", f"{sessions['botocore']:,}" if sessions["botocore"] else ""),
        (f"clients {verb}", f"{asked['client']:,}"),
        (f"resources {verb}", f"{asked['resource']:,}" if asked["resource"] else ""),
        ("keys", different if asked["client"] or asked["resource"] else ""),
        ("by botocore's sessions", f"{asked['botocore']:,} clients" if asked["botocore"] else ""),
        ("failed", ", ".join(f"{times:,} {error}" for error, times in said["failed"].items())),
        ("time spent building", f"{said['building_seconds']:.3f} s" + _of_all(said)),
    ]


def _of_all(said: dict[str, Any]) -> str:
    return f", in {said['seconds']:.1f} s that the program ran" if said["seconds"] else ""


def _kept(said: dict[str, Any]) -> list[tuple[str, str]]:
    totals = said.get("totals") or {}
    if said["mode"] == "install":
        again = sum(said["asked"].values()) - said["different"]
        return [
            ("hits", f"{totals.get('hits', 0):,}" + _cut_off(said["cut_off"])),
            ("misses", f"{totals.get('misses', 0):,}"),
            ("evictions", f"{totals.get('evictions', 0):,}"),
            ("built again", f"{again:,}"),
            ("service models", f"{totals.get('model_bytes', 0) / _MIB:.1f} MiB, shared"),
        ]
    hits, needed = said["max_size"]["hits"], said["max_size"]["needed"]
    again = hits[str(needed)] if needed else 0
    kept = f"{hits[str(DEFAULT_MAX_SIZE)]:,} of {again:,} with the default of {DEFAULT_MAX_SIZE}"
    models = said.get("measured", {}).get("models")
    return [
        ("hits of the package", f"{totals['hits']:,}, which are not among them" if totals.get("hits") else ""),
        ("asked for again", f"{again:,}"),
        ("max_size that keeps all", f"{needed}; kept are {kept}" if needed else ""),
        (
            "service models",
            f"{models['copies']:,} parsed, {models['bytes'] / _MIB:.1f} MiB; at most {models['most_bytes'] / _MIB:.1f} "
            "MiB at once"
            if models
            else "",
        ),
    ]


def _cut_off(processes: int) -> str:
    if not processes:
        return ""
    return f", without the last of {processes:,} process{'es' if processes > 1 else ''} that were ended at once"


class Measurement(NamedTuple):
    """A figure of both sides, and how it is written."""

    name: str
    plain: float
    plain_text: str
    ours: float
    ours_text: str


def measurements(said: dict[str, Any]) -> list[Measurement]:
    """Return what was measured with plain boto3 and with the package."""
    plain, ours = said["measured"]["boto3"], said["measured"]["install"]
    rows = []
    for name, key, unit in (("processor time", "seconds", "s"), ("most memory", "mib", "MiB")):
        share = f", 1/{plain[key] / ours[key]:.3g}" if 0 < ours[key] < plain[key] else ""
        texts = f"{plain[key]:.3g} {unit}", f"{ours[key]:.3g} {unit}{share}"
        rows.append(Measurement(name, plain[key], texts[0], ours[key], texts[1]))
    if plain["failed"] or ours["failed"]:
        failed = plain["failed"], ours["failed"]
        rows.append(Measurement("could not be done again", failed[0], f"{failed[0]:,}", failed[1], f"{failed[1]:,}"))
    return rows


def tables(said: dict[str, Any]) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Return with its heads what was asked for by service and region, line and key, and which lines made sessions."""
    heads = ("asked" if said["mode"] == "observe" else "built", "different", "seconds")
    named = (("service and region", "by_service"), ("line of code that asked", "by_line"), ("key", "by_key"))
    found: list[Any] = [((heading, *heads), [_row(row) for row in said[name]]) for heading, name in named]
    lines = [(*row["name"], f"{row['asked']:,}") for row in said["sessions"]["by_line"]]
    return [(heads, rows) for heads, rows in [*found, (("line of code that made sessions", "made"), lines)] if rows]


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    return (" ".join(filter(None, row["name"])), f"{row['asked']:,}", f"{row['different']:,}", f"{row['seconds']:.3f}")


def advice(said: dict[str, Any]) -> list[str]:
    """Say what to do next."""
    asked = said["asked"]
    if not any(asked.values()):
        return ["The program asked for no client of boto3's."]
    if said["mode"] == "install":
        return []
    lines = ["Next: call boto3_client_cache.install() where the program starts, or run it with --install."]
    needed = said["max_size"]["needed"]
    if needed > DEFAULT_MAX_SIZE:
        lines.append(f'To keep all: boto3.setup_default_session(client_cache={{"max_size": {needed}}}) after it.')
    if said["different_of_equal_sessions"] < said["different"]:
        lines.append("Sessions of equal arguments do not share clients: keep one, or call install(sessions=True).")
    return lines


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows whose columns are aligned, the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths[0] = max(widths[0], _NAMES)
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
