"""Every topic: its name, the schema of its records, the key whose order it keeps, and its retention.

No topic name appears in any other file.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from schemas.audit import AuditEntry
from schemas.deliveries import Delivery
from schemas.events import Event, TrackedEvent
from schemas.identities import Identity
from schemas.models import PublishedModel
from schemas.preferences import Preferences
from schemas.profiles import Profile, ProfileFact
from schemas.rejections import RejectedRecord
from schemas.scores import Score, ScoreChange
from schemas.segments import Membership, PublishedSegments
from schemas.sessions import Session
from schemas.signals import Signal
from schemas.tasks import TaskStep

DAY_MS = 86_400_000
MAX_RECORD_BYTES = 256 * 1024
"""Largest NDJSON record that a stage writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """One Kafka topic.

    `record` is `ndjson` (1..N values of one partition, joined by newlines) or `json` (one value).
    `key` names the fields whose order the topic keeps. `retention_ms` is None on compacted topics.
    A topic is itself, not its fields: cores look topics up for every event.
    """

    name: str
    value: type[BaseModel]
    record: Literal["ndjson", "json"]
    key: str
    retention_ms: int | None
    summary: str
    transactional: bool = True

    @property
    def compacted(self) -> bool:
        """True when Kafka keeps the last record of each key for ever."""
        return self.retention_ms is None


EVENTS = Topic(
    "footprint.events.v1",
    Event,
    "ndjson",
    "site, visitor or else customer",
    7 * DAY_MS,
    "accepted events, as the collector wrote them",
    transactional=False,
)
TRACKED = Topic(
    "footprint.tracked.v1",
    TrackedEvent,
    "ndjson",
    "site, customer or else visitor",
    7 * DAY_MS,
    "events enriched, sessionised and labelled",
)
SESSIONS = Topic(
    "footprint.sessions.v1",
    Session,
    "json",
    "site:visitor",
    30 * DAY_MS,
    "a session opened, updated (at most every 30 s), closed or superseded",
)
SCORES = Topic(
    "footprint.scores.v1",
    Score,
    "json",
    "site:subject:score",
    None,
    "current value, band, lifecycle stage and top reasons: what downstream systems read",
)
SCORE_CHANGES = Topic(
    "footprint.score-changes.v1",
    ScoreChange,
    "json",
    "site:subject",
    30 * DAY_MS,
    "one record per change of a score, with rule and event",
)
SIGNALS = Topic(
    "footprint.signals.v1",
    Signal,
    "json",
    "site:subject",
    30 * DAY_MS,
    "a trigger fired, was suppressed, or was withdrawn",
)
IDENTITIES = Topic(
    "footprint.identities.v1",
    Identity,
    "json",
    "site:visitor",
    None,
    "this visitor belongs to this customer",
)
PREFERENCES = Topic(
    "footprint.preferences.v1",
    Preferences,
    "json",
    "site:customer",
    None,
    "what a customer wants to hear of, and what must not be sent: choices, unsubscriptions, complaints and hard bounces",
)
MODELS = Topic(
    "footprint.models.v1",
    PublishedModel,
    "json",
    "site",
    None,
    "the scoring model and the triggers that a site runs, once it has published its own",
)
PROFILE_FACTS = Topic(
    "footprint.profile-facts.v1",
    ProfileFact,
    "ndjson",
    "site, customer or else visitor",
    2 * DAY_MS,
    "what has become known of a subject: what profiles are made of",
)
PROFILES = Topic(
    "footprint.profiles.v1",
    Profile,
    "json",
    "site:subject",
    None,
    "what is known of a subject: stage, scores, interests, segments, preferences and consent",
)
SEGMENTS = Topic(
    "footprint.segments.v1",
    Membership,
    "json",
    "site:segment:subject",
    None,
    "a subject has entered or left a segment: since when, and why",
)
SEGMENT_DEFINITIONS = Topic(
    "footprint.segment-definitions.v1",
    PublishedSegments,
    "json",
    "site",
    None,
    "the segments that a site has published",
)
REJECTED = Topic(
    "footprint.rejected.v1",
    RejectedRecord,
    "json",
    "site",
    30 * DAY_MS,
    "what was turned away: reason, stage, truncated original",
    transactional=False,
)

TASKS = Topic(
    "footprint.tasks.v1",
    TaskStep,
    "json",
    "site:task",
    30 * DAY_MS,
    "steps of tasks: opened by a signal or by somebody, assigned, commented, done, escalated",
    transactional=False,
)
DELIVERIES = Topic(
    "footprint.deliveries.v1",
    Delivery,
    "json",
    "site:address",
    30 * DAY_MS,
    "calls to webhooks: when, how often, and what was answered",
    transactional=False,
)
AUDIT = Topic(
    "footprint.audit.v1",
    AuditEntry,
    "json",
    "site",
    30 * DAY_MS,
    "who looked at whom, who listed, asked, exported and changed what, who signed in",
    transactional=False,
)

PUBLIC = (
    EVENTS,
    TRACKED,
    SESSIONS,
    SCORES,
    SCORE_CHANGES,
    SIGNALS,
    IDENTITIES,
    PREFERENCES,
    MODELS,
    PROFILE_FACTS,
    PROFILES,
    SEGMENTS,
    SEGMENT_DEFINITIONS,
    REJECTED,
    TASKS,
    DELIVERIES,
    AUDIT,
)


@dataclass(frozen=True, slots=True)
class StateTopic:
    """A compacted topic that holds the state of one stream agent, one partition per source partition."""

    name: str
    summary: str


VISITORS_STATE = StateTopic("footprint.visitors-state.v1", "state of the visitors agent")
SUBJECTS_STATE = StateTopic("footprint.subjects-state.v1", "state of the subjects agent")
PROFILES_STATE = StateTopic("footprint.profiles-state.v1", "state of the profiles agent")
SCORES_GATHERED = StateTopic("footprint.scores-gathered.v1", "how far the scores have become facts of profiles")
PREFERENCES_GATHERED = StateTopic("footprint.preferences-gathered.v1", "how far the preferences have become facts of profiles")
TRACKED_GATHERED = StateTopic("footprint.tracked-gathered.v1", "how far the tracked events have become facts of profiles")

STATE = (VISITORS_STATE, SUBJECTS_STATE, PROFILES_STATE, SCORES_GATHERED, PREFERENCES_GATHERED, TRACKED_GATHERED)
