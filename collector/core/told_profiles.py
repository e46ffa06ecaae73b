"""What is told of a profile: its scores as they show now, and of a visitor only the fields that the site lists."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, get_args

from xxhash import xxh3_64_hexdigest

from schemas import codec

Field = Literal["stage", "scores", "bands", "interests", "segments", "preferences", "consent"]
FIELDS: tuple[str, ...] = get_args(Field)
"""What a site may tell a visitor of."""

LEAST = 0.01
"""What is smaller shows as 0."""

INTERESTS = "interests"


def tag_of(record: bytes) -> str:
    """Return an ETag of a record of the profiles topic. Weak: values decay between two answers of the same tag."""
    return f'W/"{xxh3_64_hexdigest(record)}"'


def told(record: bytes, *, now_ms: int) -> dict[str, Any]:
    """Return everything that a record says, as of now."""
    profile = codec.loads(record)
    scores = profile["scores"]
    return {
        "customer": profile["customer_id"],
        "stage": profile["stage"],
        "scores": {name: _score(score, now_ms) for name, score in scores.items()},
        "bands": {name: score["band"] for name, score in scores.items()},
        "interests": _interests(profile["interests"], scores.get(INTERESTS), now_ms),
        "segments": profile["segments"],
        "preferences": profile["preferences"],
        "consent": profile["consent"],
        "updatedAt": profile["updated_at"],
        "asOf": now_ms,
    }


def told_to_visitor(record: bytes | None, fields: Collection[str], *, now_ms: int) -> dict[str, Any]:
    """Return the fields of a record that may be told, without ids and times; nothing where nothing is known."""
    if record is None:
        return {}
    everything = told(record, now_ms=now_ms)
    everything["scores"] = {name: score["value"] for name, score in everything["scores"].items()}
    everything["segments"] = sorted(everything["segments"])
    everything["consent"] = (everything["consent"] or {}).get("choice")
    everything["preferences"] = [{"channel": one["channel"], "topic": one["topic"], "opt": one["opt"]} for one in everything["preferences"]]
    return {name: everything[name] for name in FIELDS if name in fields}


def _score(score: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    value = score["raw_value"] * _left(score, now_ms)
    value = min(max(value, score["floor"]), score["ceiling"])
    return {
        "value": round(value, 4) if abs(value) >= LEAST else 0.0,
        "rawValue": score["raw_value"],
        "halfLifeS": score["half_life_s"],
        "band": score["band"],
        "updatedAt": score["updated_at"],
    }


def _interests(interests: list[dict[str, Any]], score: Mapping[str, Any] | None, now_ms: int) -> list[dict[str, Any]]:
    left = _left(score, now_ms) if score else 1.0
    found = [{"category": one["category"], "points": round(one["points"] * left, 4)} for one in interests]
    return [one for one in found if one["points"] >= LEAST]


def _left(score: Mapping[str, Any], now_ms: int) -> float:
    half_life_ms = score["half_life_s"] * 1000
    return float(2.0 ** (-max(0, now_ms - score["updated_at"]) / half_life_ms)) if half_life_ms else 1.0
