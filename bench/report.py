"""What was found: lines to read, bench/results.json and a chart; and whether a gate failed."""

import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from bench.deliveries import SEED, Delivery
from bench.rounds import Contender, Gate, Step, ratio
from bench.world import World
from receivables import db

TOLERANCE = 1.15  # a CPU ratio may pass its target by 15 %: two runs of the same thing differ by so much
_NEEDED = ("ours", "day", "COPY", "one", "raw")  # contenders that must be right; a peer may be wrong
_SETTINGS = ("server_version", "shared_buffers", "work_mem", "max_parallel_workers_per_gather", "synchronous_commit",
             "jit", "max_wal_size")  # fmt: skip


def say(line: str) -> None:
    """One line for people."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def machine(world: World, scale: float) -> dict[str, object]:
    """Versions, settings, cores, load average, and what was made."""
    with db.connect(world.state) as connection:
        settings = {
            name: str((connection.execute("select current_setting(%s)", [name]).fetchone() or ("?",))[0])
            for name in _SETTINGS
        }
    found = {
        "scale": scale, "seed": SEED, "machine": platform.machine(), "cores": os.cpu_count(),
        "python": platform.python_version(), "postgresql": settings, "load_average": round(os.getloadavg()[0], 1),
        "deliveries": [_described(each) for each in (world.whole, world.next_day, world.tenth, world.tenth_next)],
    }  # fmt: skip
    say(f"SCALE={scale}, {found['cores']} cores, Python {found['python']}, load average {found['load_average']}")
    say("PostgreSQL " + ", ".join(f"{name} {value}" for name, value in settings.items()))
    for each in (world.whole, world.next_day):
        say(f"{each.day}: {each.rows:,} rows, {each.bad_rows} of them bad, {each.yen:,} yen, seed {SEED}")
        for name, digest in each.sha256.items():
            say(f"  {name} SHA-256 {digest}")
    return found


def _described(delivery: Delivery) -> dict[str, object]:
    return {"day": str(delivery.day), "rows": delivery.rows, "yen": delivery.yen, "bad_rows": delivery.bad_rows,
            "sha256": delivery.sha256}  # fmt: skip


def tell(step: Step) -> dict[str, Any]:
    """Print one step; what goes into the file."""
    say(f"\n{step.name}: {step.what}")
    say(f"  {'':34} {'CPU':>7} {'least-most':>12} {'wall':>6} {'CPU s':>8} {'wall s':>8} {'MiB':>6} {'fixed s':>8}")
    limit = step.named(step.limit)
    contenders = [_told(one, limit) for one in step.contenders]
    return {"step": step.name, "what": step.what, "limit": step.limit, "contenders": contenders,
            "gates": [_judged(step, gate) for gate in step.gates]}  # fmt: skip


def _told(one: Contender, limit: Contender) -> dict[str, object]:
    found: dict[str, object] = {"name": one.name, "setting": one.setting, "rows": one.rows, "verdict": one.verdict,
                                "fixed_seconds": round(one.fixed_seconds, 2)}  # fmt: skip
    if not one.is_right or not limit.is_right:
        say(f"  {one.name:34} {one.verdict if one.verdict != 'right' else 'no figures'}")
        return found
    middle, least, most = ratio(one, limit)
    wall = ratio(one, limit, is_wall=True)[0]
    cpu_seconds, wall_seconds = statistics.median(one.cpu), statistics.median(one.wall)
    say(f"  {one.name:34} {middle:7.2f} {least:5.2f}-{most:6.2f} {wall:6.2f} {cpu_seconds:8.2f} {wall_seconds:8.2f}"
        f" {one.peak_mib:6} {one.fixed_seconds:8.1f}")  # fmt: skip
    return found | {
        "cpu_ratio": round(middle, 3), "cpu_ratio_least": round(least, 3), "cpu_ratio_most": round(most, 3),
        "wall_ratio": round(wall, 3), "cpu_seconds": [round(each, 3) for each in one.cpu],
        "wall_seconds": [round(each, 3) for each in one.wall], "peak_mib": one.peak_mib,
    }  # fmt: skip


def _judged(step: Step, gate: Gate) -> dict[str, object]:
    ours, limit = step.named(gate.ours), step.named(gate.limit)
    about = {"ours": gate.ours, "limit": gate.limit, "most": gate.most, "of": "wall" if gate.is_wall else "CPU"}
    if not ours.is_right or not limit.is_right:
        say(f"  gate: {gate.ours} / {gate.limit}: FAILED, no right result")
        return about | {"verdict": "failed"}
    found = ratio(ours, limit, is_wall=gate.is_wall, is_whole=gate.is_whole)[0]
    verdict = _verdict(found, gate)
    say(f"  gate: {gate.ours} / {gate.limit}: {found:.2f}, at most {gate.most} of {about['of']}: {verdict}")
    return about | {"ratio": round(found, 3), "verdict": verdict}


def _verdict(found: float, gate: Gate) -> str:
    if found <= gate.most:
        return "met"
    if gate.is_wall:
        return f"missed; told only, load average {os.getloadavg()[0]:.1f}"
    return "missed, within 15 %" if found <= gate.most * TOLERANCE else "failed"


def failures(told: list[dict[str, Any]]) -> list[str]:
    """Gates that failed and results of the limit or of ours that are not right."""
    found = []
    for step in told:
        gates: list[dict[str, object]] = step["gates"]
        contenders: list[dict[str, object]] = step["contenders"]
        found += [f"{step['step']}: {gate['ours']}" for gate in gates if gate["verdict"] == "failed"]
        found += [f"{step['step']}: {one['name']} {one['verdict']}" for one in contenders
                  if one["verdict"] != "right" and str(one["name"]).startswith(_NEEDED)]  # fmt: skip
    return found


def _measurements(told: list[dict[str, Any]]) -> list[dict[str, object]]:
    """The departments' wall ratios by themselves: the README states them."""
    return [
        {"source": step["step"].removeprefix("source "), "rows": one["rows"], "ratio": round(one["wall_ratio"], 1)}
        for step in told for one in step["contenders"]
        if step["step"].startswith("source ") and "wall_ratio" in one and one["name"].startswith("ours")
    ]  # fmt: skip


def write(folder: Path, about: dict[str, object], told: list[dict[str, Any]]) -> None:
    """results.json and ratios.svg in `folder`."""
    import altair as alt
    import vl_convert

    content = json.dumps(about | {"measurements": _measurements(told), "steps": told}, ensure_ascii=False, indent=1)
    (folder / "results.json").write_text(content + "\n", encoding="utf-8")
    rows = [
        {"step": step["step"], "way": one["name"], "ratio": one["cpu_ratio"]}
        for step in told for one in step["contenders"] if "cpu_ratio" in one
    ]  # fmt: skip
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color="#2b6777")
        .encode(x=alt.X("ratio:Q", title="CPU per row, times the limit's", scale=alt.Scale(type="symlog")),
                y=alt.Y("way:N", title=None, sort=None), row=alt.Row("step:N", title=None, sort=None))
        .resolve_scale(y="independent")
    )  # fmt: skip
    (folder / "ratios.svg").write_text(vl_convert.vegalite_to_svg(chart.to_json()), encoding="utf-8")
