"""Live equals rebuilt: sessions and scores of the demo computed again from the stored events alone."""

from dataclasses import replace

from footprint.parts.connections import resolve_store
from footprint.parts.rebuild import rescoring_of, teller_of
from footprint.rebuilding import now_ms, replay_sessions
from footprint.rescoring import replay_scores
from footprint.settings import Settings


def computed_anew(settings: Settings, site: str) -> str:
    """Replay everything of a site that is stored and idle, and return in words what differed from what came live.

    Visitors whose session the streams still hold, and who has just been seen, count for nothing: they are left out.
    """
    present = now_ms()
    times = {"from": "1000000000", "to": str(present // 1000 + 1)}
    gap_ms = settings.site(site).session_gap_s * 1000
    sessions = replay_sessions(resolve_store(settings, user="pipeline"), site, times, gap_ms=gap_ms, now_ms=present)
    scores = replay_scores(replace(rescoring_of(settings, site, present), settle_ms=0), times, teller_of(settings))
    return (
        f"computed anew from the stored events: {sessions.visitors - sessions.live} visitors, "
        f"{sessions.sessions_written + sessions.sessions_removed} sessions differ; "
        f"{scores.subjects - scores.left} subjects, {scores.scores_changed} scores differ"
    )
